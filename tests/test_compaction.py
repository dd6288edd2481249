"""The journal written anew: while clients go on, whatever breaks, and whenever the power is cut."""

import errno
from itertools import count, islice
from pathlib import Path

import pytest

from herd.journal.compaction import REPORTS_A_SLICE
from herd.journal.journal import GROWTH, LEAST, Journal
from herd.sections.journal import ALWAYS, EVERYSEC
from herd.server import RunningServer
from tests.herding import Lines, iamat, talk, until
from tests.memorydisk import MemoryDisk, error, known
from tests.test_journal import home

JOURNAL = "Home.journal"
TICKS = count()  # of what clients say in all tests, newer and newer


def journal_of(server: RunningServer) -> Journal:
    keeper = server.node.turn.keeper
    assert isinstance(keeper, Journal)
    return keeper


async def grow(client: Lines, rounds: int, clients: int = 20) -> dict[bytes, bytes]:
    """Have some clients move so often; return their last lines."""
    answers = []
    for time in islice(TICKS, rounds):
        client.send(*[iamat(b"client%d" % n, b"1520023934.%09d" % time) for n in range(clients)])
        answers = await client.lines(clients)
    return {answer.split(b" ")[3]: answer for answer in answers}


async def test_what_has_grown_is_written_anew_with_the_newest_reports_only(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        journal = journal_of(server)
        lines = await grow(client, 10)
        before = disk.files[JOURNAL]
        journal.rewrite_at = before.size()
        lines |= await grow(client, 1)
        await until(lambda: server.node.counts.kept.rewritten, "it is written anew")
        after = disk.files[JOURNAL]
        assert after.size() < before.size() / 5
        assert await known(disk.after_a_power_cut()) == await known(disk.after_a_kill()) == lines
        await until(lambda: before.closed, "the old file is let go")
        assert disk.files.keys() == {JOURNAL}
        lines |= await grow(client, 2)
        assert await known(disk.after_a_kill()) == lines
        assert journal.rewrite_at == LEAST  # a small one is read quickly anyway
        journal.use(journal.ledger, journal.cursor)
        journal.set_growth(LEAST)
        assert journal.rewrite_at == GROWTH * LEAST


@pytest.mark.parametrize("fsync", [EVERYSEC, ALWAYS])
async def test_clients_that_go_on_meanwhile_lose_nothing_wherever_the_power_is_cut(
    tmp_path: Path, fsync: str
) -> None:
    disk = MemoryDisk()
    answered: dict[bytes, bytes] = {}
    cuts: list[tuple[dict[bytes, bytes], dict[str, bytes], dict[str, bytes]]] = []
    disk.done = lambda: cuts.append((dict(answered), disk.after_a_power_cut(), disk.after_a_kill()))
    async with home(tmp_path, disk, fsync) as server, talk(server.port) as busy, talk(server.port) as client:
        answered |= await grow(client, 2, 3 * REPORTS_A_SLICE)  # so that copying takes several turns
        journal_of(server).rewrite_at = 0
        rounds = 0
        while not server.node.counts.kept.rewritten:
            rounds += 1
            busy.send(iamat(b"busy", b"1520023934.%09d" % next(TICKS)), iamat(b"busy%d" % rounds))
            for answer in await busy.lines(2):
                answered[answer.split(b" ")[3]] = answer
        assert await known(disk.after_a_kill()) == answered
    assert rounds > 1
    assert len(cuts) > 3
    for number, (had, power, kill) in enumerate(cuts):
        after = await known(kill)
        assert {name: after.get(name) for name in had} == had or _newer(after, had), number
        if fsync == ALWAYS:
            after = await known(power)
            assert _newer(after, had), number


def _newer(after: dict[bytes, bytes], had: dict[bytes, bytes]) -> bool:
    """Tell whether all that was answered is there, or what overtook it."""
    return all(name in after and after[name].split(b" ")[5] >= line.split(b" ")[5] for name, line in had.items())


@pytest.mark.parametrize("step", ["open", "sync", "rename"])
async def test_where_the_new_file_cannot_be_finished_the_old_one_goes_on(tmp_path: Path, step: str) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk, "never") as server, talk(server.port) as client:
        journal = journal_of(server)
        await grow(client, 10)
        old = disk.files[JOURNAL]
        disk.fails = {step: error(errno.EIO)}
        journal.rewrite_at = 0
        await grow(client, 1)
        await until(lambda: server.node.counts.kept.failures, "the failure")
        await until(lambda: disk.files.keys() == {JOURNAL}, "the new file is gone")
        assert journal.trouble is None
        assert journal.rewrite_at == 2 * old.size()
        disk.fails = {}
        lines = await grow(client, 12)
        assert await known(disk.after_a_kill()) == lines
        journal.rewrite_at = 0
        lines = await grow(client, 1)
        await until(lambda: server.node.counts.kept.rewritten, "it is written anew")
        assert disk.files[JOURNAL] is not old
        assert await known(disk.after_a_kill()) == lines


async def test_a_disk_without_room_for_a_new_file_keeps_the_old_one_and_what_is_appended(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        lines = await grow(client, 1, 3 * REPORTS_A_SLICE)
        journal_of(server).rewrite_at = 0
        disk.room = disk.files[JOURNAL].size() // 2
        client.send(iamat(b"more"))
        lines[b"more"] = await client.line()
        await until(lambda: server.node.counts.kept.failures, "the failure")
        disk.room = None
        lines |= await grow(client, 2, 20)
        assert await known(disk.after_a_kill()) == lines
        assert journal_of(server).trouble is None


async def test_where_the_new_name_may_be_lost_nothing_is_taken_in_until_it_is_not(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        journal = journal_of(server)
        lines = await grow(client, 3)
        old = disk.files[JOURNAL]
        disk.fails = {"sync folder": error(errno.EIO)}
        journal.rewrite_at = 0
        lines |= await grow(client, 1)
        await until(lambda: journal.trouble, "the failure")
        assert disk.files[JOURNAL] is not old
        client.send(iamat(b"more"))
        assert await client.rest() == b""
        disk.fails = {}
        await until(lambda: journal.trouble is None, "it is written anew once more")
        assert await known(disk.after_a_power_cut()) == lines
        await until(lambda: len(disk.files) == 1, "no other file is left")


async def test_a_stop_in_the_middle_leaves_one_whole_journal(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        lines = await grow(client, 5)
        with disk.held():
            journal_of(server).rewrite_at = 0
            lines |= await grow(client, 1)
            await until(lambda: journal_of(server).rewriting and disk.syncing, "the new file's sync")
    assert await known(disk.after_a_power_cut()) == lines
    assert disk.files.keys() == {JOURNAL}
    assert all(file.closed for file in disk.files.values())


async def test_a_damaged_journal_is_written_anew_at_the_start(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        lines = [await client.ask(iamat(name)) for name in (b"a", b"b", b"c")]
    files = disk.after_a_kill()
    damaged = files[JOURNAL].replace(b" b +34", b" b +35") + b"AT torn"
    disk = MemoryDisk({JOURNAL: damaged})
    async with home(tmp_path, disk) as server:
        counts = server.node.counts.kept
        assert (counts.read, counts.damaged, counts.torn) == (2, 1, len(b"AT torn"))
        await until(lambda: counts.rewritten, "it is written anew")
        assert await known(disk.after_a_power_cut()) == {b"a": lines[0], b"c": lines[2]}
        assert disk.files[JOURNAL].size() < len(damaged)
    assert "the journal is damaged: 1 batches and 0 lines were skipped" in (tmp_path / "Home.log").read_text()
