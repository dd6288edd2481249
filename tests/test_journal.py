"""The journal: sealed batches, torn and damaged; answers that wait until they are kept; disks that fail."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from herd.batch import DROPPED
from herd.journal.ledger import Ledger
from herd.journal.sealing import LONGEST, Unsealing, seal
from herd.messages import parse_at
from herd.sections.journal import ALWAYS, EVERYSEC, NEVER, JournalSettings
from herd.server import RunningServer
from tests.herding import Lines, iamat, running, small_herd, talk, until, within
from tests.memorydisk import MemoryDisk, error, known

BATCHES = [
    b"".join([b"AT Home +0.000000001 %b%d +1.0-2.0 1520023934.%09d\n" % (b"SEAL" * n, n, n + m) for n in range(3)])
    for m in range(3)
]
SEALED = [seal(batch, number) for number, batch in enumerate(BATCHES, 7)]


def unseal(text: bytes, piece: int) -> tuple[list[bytes], Unsealing]:
    """Read a journal piece by piece."""
    found: list[bytes] = []
    unsealing = Unsealing()
    for at in range(0, len(text), piece):
        found += unsealing.feed(text[at : at + piece])
    return found, unsealing


@pytest.mark.parametrize("piece", [1, 2, 7, 100, 10_000])
def test_batches_are_read_back_in_pieces_of_any_size(piece: int) -> None:
    found, unsealing = unseal(b"".join(SEALED), piece)
    assert found == BATCHES
    assert (unsealing.end, unsealing.damaged) == (sum(map(len, SEALED)), 0)


def test_a_journal_torn_at_any_byte_ends_with_its_last_whole_batch() -> None:
    text = b"".join(SEALED)
    for cut in range(len(text)):
        whole = [sum(map(len, SEALED[:n])) for n in range(4) if sum(map(len, SEALED[:n])) <= cut][-1]
        found, unsealing = unseal(text[:cut], 64)
        assert found == BATCHES[: len(found)]
        assert (unsealing.end, unsealing.damaged) == (whole, 0)
        assert unsealing.batches == len(found)


@pytest.mark.parametrize("flip", [0x01, 0x0A, 0x80, 0xFF])
def test_damage_at_any_byte_costs_one_batch(flip: int) -> None:
    first, second, third = SEALED
    for at in range(len(second)):
        damaged = bytearray(second)
        damaged[at] ^= flip
        found, unsealing = unseal(first + damaged + third, 64)
        assert found == [BATCHES[0], BATCHES[2]], at
        assert (unsealing.damaged, unsealing.damaged_bytes) == (1, len(second))


def test_a_gap_of_any_length_is_skipped_in_bounded_memory() -> None:
    unsealing, most = Unsealing(), 0
    pieces = [SEALED[0], *[bytes(2**20)] * (4 * LONGEST // 2**20), b"\nSEAL 1 5 12345678\n" * 100, SEALED[1]]
    found: list[bytes] = []
    for piece in pieces:
        found += unsealing.feed(piece)
        most = max(most, len(unsealing._data))
    assert found == BATCHES[:2]
    assert most <= 2 * LONGEST
    assert unsealing.end == sum(map(len, pieces))
    assert unsealing.damaged == 100


def test_a_batch_may_be_as_long_as_the_longest() -> None:
    line = BATCHES[0]
    lines = line * (LONGEST // len(line))
    assert unseal(SEALED[0] + seal(lines, 8), 2**18)[0] == [BATCHES[0], lines]


def test_a_short_write_is_gone_on_with() -> None:
    disk = MemoryDisk()
    file = disk.open("a")
    all_at_once, file_append = file.append, []

    def append(text: bytes) -> int:
        file_append.append(text)
        return all_at_once(text[:3])

    file.append = append  # type: ignore[method-assign]
    Ledger(file).append(b"12345678")
    assert bytes(file.text) == b"12345678"
    assert file_append == [b"12345678", b"45678", b"78"]


def test_after_a_failed_write_the_file_ends_as_before() -> None:
    disk = MemoryDisk({"a": b"good"})
    ledger = Ledger(disk.open("a"))
    disk.room = 3
    with pytest.raises(OSError, match="No space"):
        ledger.append(b"12345")
    assert (bytes(disk.files["a"].text), ledger.end) == (b"good", 4)
    disk.room = None
    ledger.append(b"12345")
    assert bytes(disk.files["a"].text) == b"good12345"


def test_a_file_that_could_not_be_cut_back_takes_nothing_before_it_is() -> None:
    disk = MemoryDisk({"a": b"good"})
    ledger = Ledger(disk.open("a"))
    disk.room, disk.fails = 3, {"truncate": error(errno.EIO)}
    with pytest.raises(OSError, match="No space"):
        ledger.append(b"12345")
    disk.room = None
    with pytest.raises(OSError, match="Input/output"):
        ledger.append(b"12345")
    assert bytes(disk.files["a"].text) == b"good123"
    disk.fails = {}
    ledger.append(b"12345")
    assert bytes(disk.files["a"].text) == b"good12345"


@asynccontextmanager
async def home(folder: Path, disk: MemoryDisk, fsync: str = EVERYSEC) -> AsyncIterator[RunningServer]:
    """Run a server with a journal on the disk, once it has begun."""
    config = replace(small_herd({"Home": ()}, {}), journal=JournalSettings(fsync))
    async with running(config, "Home", folder, disk) as server:
        await within(server.begun.wait())
        yield server


@pytest.mark.parametrize("fsync", [EVERYSEC, ALWAYS, NEVER])
async def test_an_answer_stands_in_the_journal_before_it_leaves(tmp_path: Path, fsync: str) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk, fsync) as server, talk(server.port) as client:
        for name in (b"a", b"b", b"c"):
            answer = await client.ask(iamat(name))
            assert (await known(disk.after_a_kill()))[name] == answer


async def test_the_commands_of_a_turn_are_one_write(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        client.send(*[iamat(b"client%d" % n) for n in range(100)])
        answers = await client.lines(100)
        assert disk.appended == 1
        assert sorted((await known(disk.after_a_kill())).values()) == sorted(answers)


async def test_what_changes_nothing_is_not_written(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        await client.ask(iamat(b"a"))
        await client.ask(iamat(b"a"))
        await client.ask(iamat(b"a", b"1"))
        await client.ask(b"x")
        assert disk.appended == 1


async def test_a_batch_of_dropped_clients_is_not_written_and_costs_no_other_batch(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        before = await client.ask(iamat(b"before"))
        server.node.turn.batch(DROPPED).clients.append(b"gone")
        await server.node.turn.kept()
        after = await client.ask(iamat(b"after"))
        assert disk.appended == 2
        assert await known(disk.after_a_kill()) == {b"before": before, b"after": after}


async def test_every_second_the_disk_takes_what_was_written(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        answer = await client.ask(iamat(b"a"))
        await until(lambda: answer in disk.files["Home.journal"].synced, "the sync")
        assert server.node.counts.kept.syncs == 1


async def test_what_was_written_is_synced_when_the_server_stops(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server, talk(server.port) as client:
        answer = await client.ask(iamat(b"a"))
    assert answer in disk.files["Home.journal"].synced
    assert disk.files["Home.journal"].closed
    assert disk.locked is None


async def test_never_means_never(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk, NEVER) as server, talk(server.port) as client:
        await client.ask(iamat(b"a"))
    assert disk.syncs == 0


async def test_with_always_no_answer_leaves_before_its_sync_nor_out_of_order(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk, ALWAYS) as server, talk(server.port) as one, talk(server.port) as two:
        journal = disk.files["Home.journal"]

        async def check(client: Lines, name: bytes) -> None:
            for n in range(60):
                answer = await client.line()
                assert b" %b%d " % (name, n) in answer
                assert answer in journal.synced
                if n % 20 == 19:  # it was heard while the sync before was under way, or waits to be
                    assert await client.line() == b"? x"

        with disk.held():
            async with asyncio.TaskGroup() as tasks:
                for client, name in ((one, b"a"), (two, b"b")):
                    tasks.create_task(check(client, name))
                for part in range(3):
                    for client, name in ((one, b"a"), (two, b"b")):
                        client.send(*[iamat(b"%b%d" % (name, 20 * part + n)) for n in range(20)], b"x")
                    await until(lambda: disk.syncing, "a sync")
                    disk.lets_sync.set()
                    await asyncio.sleep(0)
                    disk.lets_sync.clear()
                disk.lets_sync.set()


async def test_with_always_many_share_a_sync(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk, ALWAYS) as server, talk(server.port) as first:
        clients = [talk(server.port) for _ in range(50)]
        opened = [await client.__aenter__() for client in clients]
        before = disk.syncs
        with disk.held():
            first.send(iamat(b"first"))
            await until(lambda: disk.syncing, "a sync")
            for n, client in enumerate(opened):
                client.send(iamat(b"client%d" % n))
            await until(lambda: len(server.node.store.reports) == 51, "all are heard")
        await first.line()
        for client in opened:
            await client.line()
        assert disk.syncs - before <= 3
        for context in clients:
            await context.__aexit__(None, None, None)


async def test_a_full_disk_acknowledges_nothing_and_takes_nothing_in(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server:
        async with talk(server.port) as client:
            before = await client.ask(iamat(b"before"))
            disk.room = 10
            client.send(iamat(b"during"), b"x")
            assert await client.rest() == b""
        assert await known(disk.after_a_kill()) == {b"before": before}
        async with talk(server.port) as client:
            client.send(b"x", b"WHATSAT before 1 1", iamat(b"after"), b"y")
            rest = await client.rest()
            assert rest.startswith(b"? x\n" + before + b"\n")
            assert b"after" not in rest
            assert not rest.endswith(b"y\n")
        assert b"after" not in server.node.store.reports
        disk.room = None
        await until(lambda: server.node.turn.keeper.trouble is None, "space is noticed")
        async with talk(server.port) as client:
            after = await client.ask(iamat(b"after"))
        lines = await known(disk.after_a_kill())
        assert lines.keys() == {b"before", b"during", b"after"}
        assert lines[b"after"] == after
        assert server.node.counts.kept.failures >= 1
    log = (tmp_path / "Home.log").read_text()
    reason = "cannot write memory/Home.journal: No space left on device"
    assert f"! nothing is taken in: {reason}" in log
    assert log.count(f"closed: what it said cannot be kept: {reason}") == 2
    assert "! what changes is kept again" in log


async def test_what_peers_tell_while_nothing_can_be_kept_is_written_later(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk) as server:
        node = server.node
        disk.room = 0
        for n in range(2_500):
            report = parse_at(b"AT Away +0.000000000 client%d +1.0-2.0 1520023934.000000000" % n)
            node.store.put(report, node.turn.batch(b"0123456789abcdef"))
            if n % 100 == 0:
                await asyncio.sleep(0)
        await until(lambda: node.turn.keeper.trouble, "the failure is noticed")
        assert await known(disk.after_a_kill()) == {}
        disk.room = None
        await until(lambda: node.turn.keeper.trouble is None, "space is noticed")
        assert len(await known(disk.after_a_kill())) == 2_500


@pytest.mark.parametrize("fsync", [EVERYSEC, ALWAYS])
async def test_after_a_failed_sync_the_file_is_written_anew(tmp_path: Path, fsync: str) -> None:
    disk = MemoryDisk()
    async with home(tmp_path, disk, fsync) as server:
        async with talk(server.port) as client:
            before = await client.ask(iamat(b"before"))
            await until(lambda: before in disk.files["Home.journal"].synced, "the sync")
            old = disk.files["Home.journal"]
            disk.fails = {"sync": error(errno.EIO)}
            client.send(iamat(b"during"))
            await until(lambda: server.node.turn.keeper.trouble, "the failure is noticed")
            if fsync == ALWAYS:
                assert await client.rest() == b""
        disk.fails = {}
        await until(lambda: server.node.turn.keeper.trouble is None, "the file is written anew")
        assert disk.files["Home.journal"] is not old
        async with talk(server.port) as client:
            await client.ask(iamat(b"after"))
        await until(lambda: b" after " in disk.files["Home.journal"].synced, "the sync")
        assert (await known(disk.after_a_power_cut())).keys() == {b"before", b"during", b"after"}
