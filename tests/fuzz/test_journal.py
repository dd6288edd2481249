"""The journal: however its bytes are torn or flipped, exactly the batches that are whole are read from it."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from herd.counts import Kept
from herd.journal.disk import RealFile
from herd.journal.loading import Loading
from herd.journal.sealing import Unsealing, seal
from herd.store import Store
from tests.fuzz import reference
from tests.fuzz.mutating import CUTS, cut_up, joined, without
from tests.fuzz.speaking import PEER_LINES, PLAIN_ATS
from tests.fuzz.wires import Stage

# Lines that are no AT, too: what stands in a batch is not the seals' business. None looks like a seal by itself.
LINES = without(b"\n", PEER_LINES | PLAIN_ATS | st.just(b"SEAL 1 2 00000000") | st.just(b"SEAL "))
BATCHES = st.lists(
    st.tuples(joined(st.lists(LINES, min_size=1, max_size=4)), st.integers(0, 10**18 - 1)), max_size=8
)
FLIPS = st.lists(st.tuples(st.integers(0, 2**17), st.integers(1, 255)), min_size=1, max_size=6)


def write(batches: list[tuple[bytes, int]]) -> list[bytes]:
    """Return each batch as it stands in the file."""
    return [seal(lines, number) for lines, number in batches]


def read(content: bytes, cuts: list[int]) -> tuple[list[bytes], Unsealing]:
    """Return what is found in a file that is read in pieces."""
    unsealing = Unsealing()
    return [lines for piece in cut_up(content, cuts) for lines in unsealing.feed(piece)], unsealing


@settings(max_examples=150)
@given(BATCHES, CUTS)
def test_what_was_written_is_read_however_it_is_cut(batches: list[tuple[bytes, int]], cuts: list[int]) -> None:
    content = b"".join(write(batches))
    found, unsealing = read(content, cuts)
    assert found == [lines for lines, _ in batches]
    assert (unsealing.end, unsealing.batches) == (len(content), len(batches))
    assert (unsealing.damaged, unsealing.damaged_bytes) == (0, 0)


@settings(max_examples=150)
@given(BATCHES, st.integers(0, 2**17), CUTS)
def test_of_a_torn_file_every_batch_is_read_that_has_its_seal(
    batches: list[tuple[bytes, int]], place: int, cuts: list[int]
) -> None:
    sealed = write(batches)
    content = b"".join(sealed)
    size = place % (len(content) + 1)
    whole = _whole(sealed, content[:size])
    found, unsealing = read(content[:size], cuts)
    assert found == [batches[number][0] for number in whole]
    assert unsealing.end == sum(len(sealed[number]) for number in whole)


@settings(max_examples=150)
@given(BATCHES, FLIPS, CUTS)
def test_of_a_damaged_file_every_batch_is_read_that_is_whole_and_nothing_else(
    batches: list[tuple[bytes, int]], flips: list[tuple[int, int]], cuts: list[int]
) -> None:
    sealed = write(batches)
    content = bytearray(b"".join(sealed))
    for place, bits in flips if content else []:
        content[place % len(content)] ^= bits
    whole = _whole(sealed, bytes(content))
    found, unsealing = read(bytes(content), cuts)
    assert found == [batches[number][0] for number in whole]
    lost = sum(
        len(text) for number, text in enumerate(sealed) if number not in whole and number < max(whole, default=0)
    )
    assert unsealing.damaged_bytes == lost
    assert (unsealing.damaged > 0) == (lost > 0)


def _whole(sealed: list[bytes], content: bytes) -> list[int]:
    """Return which batches stand in the file as they were written."""
    whole, start = [], 0
    for number, text in enumerate(sealed):
        if content[start : start + len(text)] == text:
            whole.append(number)
        start += len(text)
    return whole


@settings(max_examples=100)
@given(BATCHES, st.integers(0, 2**17))
def test_a_store_that_reads_its_journal_believes_what_the_reference_believes(
    stage: Stage, folder: Path, batches: list[tuple[bytes, int]], place: int
) -> None:
    sealed = write(batches)
    content = b"".join(sealed)
    content = content[: place % (len(content) + 1)]
    store, kept, herd = Store(b"life"), Kept(), reference.Herd(b"Goloman")
    (folder / "Goloman.journal").write_bytes(content)

    async def load() -> None:
        file = RealFile(folder / "Goloman.journal")
        await Loading(file, store, kept).run(lambda _: None)
        await file.close()

    stage.run(load())
    for number in _whole(sealed, content):
        for line in batches[number][0].split(b"\n"):
            herd.believe(line)
    assert {client: report[1] for client, report in store.reports.items()} == {
        client: report.line for client, report in herd.known.items()
    }
    assert kept.damaged == 0
    assert kept.torn == len(content) - sum(len(sealed[number]) for number in _whole(sealed, content))
