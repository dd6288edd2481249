"""Servers that come back: they know what they answered before, and have those wait who come early."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from herd.batch import LOADED
from herd.config import Address
from herd.journal.disk import Folder
from herd.journal.loading import Loading
from herd.journal.sealing import seal
from herd.messages import SECOND
from herd.sections.journal import ALWAYS, EVERYSEC, NEVER
from herd.starting import CannotStartError
from tests.herding import HERE, ROOT, Herd, herd_of_processes, iamat, running, small_herd, talk, until, within
from tests.memorydisk import MemoryDisk, error, known
from tests.test_journal import home

ALONE = "Welsh"  # whose only neighbour is not started
MANY = 100_000


def written(count: int) -> bytes:
    """Return a journal of so many clients."""
    batches = []
    for start in range(0, count, 250):
        lines = [
            b"AT Home +0.000000001 client%d %b 1520023934.%09d\n" % (n, HERE, n) for n in range(start, start + 250)
        ]
        batches.append(seal(b"".join(lines), start // 250 + 1))
    return b"".join(batches)


def set_fsync(herd: Herd, fsync: str) -> None:
    config = herd.folder / "herd.toml"
    config.write_text(f"{config.read_text()}[journal]\nfsync = {fsync!r}\n")


@pytest.mark.parametrize("fsync", [EVERYSEC, ALWAYS, NEVER])
async def test_a_server_that_is_killed_loses_nothing_that_it_answered(tmp_path: Path, fsync: str) -> None:
    with herd_of_processes(tmp_path) as herd:
        set_fsync(herd, fsync)
        herd.start(ALONE)
        answers: list[bytes] = []
        enough = asyncio.Event()

        async def move(name: bytes) -> None:
            async with talk(herd.ports[ALONE]) as client:
                for start in range(0, 10**6, 10):
                    client.send(*[iamat(b"%b-%d" % (name, n)) for n in range(start, start + 10)])
                    try:
                        answers.extend(await client.lines(10))
                    except ConnectionError:
                        return
                    if start == 300:
                        enough.set()

        async with asyncio.TaskGroup() as tasks:
            for number in range(4):
                tasks.create_task(move(b"client%d" % number))
            await within(enough.wait())
            herd.kill(ALONE)
        herd.start(ALONE)
        async with talk(herd.ports[ALONE]) as client:
            for answer in answers:
                assert await client.around(answer.split(b" ")[3]) == answer


async def test_a_server_that_is_stopped_leaves_a_journal_that_another_reads(tmp_path: Path) -> None:
    with herd_of_processes(tmp_path) as herd:
        herd.start(ALONE)
        async with talk(herd.ports[ALONE]) as client:
            answer = await client.ask(iamat(b"kiwi"))
        process = herd.running.pop(ALONE)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) == 0
        files = {"Home.journal": (tmp_path / "data" / f"{ALONE}.journal").read_bytes()}
        assert await known(files) == {b"kiwi": answer}


async def test_a_second_server_on_one_journal_is_refused_in_one_line(tmp_path: Path) -> None:
    with herd_of_processes(tmp_path) as herd:
        herd.start(ALONE)
        config = tmp_path / "other.toml"
        config.write_text(f'[servers.{ALONE}]\ntcp = "127.0.0.1:0"\nhttp = "127.0.0.1:0"\n')
        command = [sys.executable, str(ROOT / "run.py"), ALONE, "--config", str(config)]
        second = await asyncio.to_thread(
            subprocess.run,
            [*command, "--data", str(tmp_path / "data")],
            capture_output=True,
            timeout=60,
            check=False,
        )
        path = tmp_path / "data" / f"{ALONE}.journal"
        assert second.returncode == 2
        assert second.stderr.decode() == f"{ALONE}: {path} is in use by another process\n"


async def test_writes_that_the_system_refuses_are_survived(tmp_path: Path) -> None:
    with herd_of_processes(tmp_path) as herd:
        herd.start(ALONE)
        path = tmp_path / "data" / f"{ALONE}.journal"
        pid = herd.running[ALONE].pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        async with talk(herd.ports[ALONE]) as client:
            before = await client.ask(iamat(b"before"))
            # A real disk that takes only a part of what it is given.
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (path.stat().st_size + 50, hard))
            client.send(iamat(b"during"))
            assert await client.rest() == b""
        async with talk(herd.ports[ALONE]) as client:
            client.send(iamat(b"refused"))
            assert await client.rest() == b""
        assert await known({"Home.journal": path.read_bytes()}) == {b"before": before}
        async with talk(herd.ports[ALONE]) as client:
            assert await client.around(b"before") == before
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        async with talk(herd.ports[ALONE]) as client:
            await client.knows(b"before")
        await until(lambda: b" during " in path.read_bytes(), "what was not kept is kept")
        async with talk(herd.ports[ALONE]) as client:
            after = await client.ask(iamat(b"after"))
        herd.kill(ALONE)
        herd.start(ALONE)
        async with talk(herd.ports[ALONE]) as client:
            assert await client.around(b"before") == before
            assert await client.around(b"after") == after
            assert await client.around(b"refused") == b"? WHATSAT refused 1 1"


async def test_who_comes_while_the_journal_is_read_waits_for_a_true_answer(tmp_path: Path) -> None:
    disk = MemoryDisk({"Home.journal": written(MANY)})
    disk.reads_most = 1  # byte a turn: as good as for ever
    async with running(small_herd({"Home": ()}, {}), "Home", tmp_path, disk) as server:
        clients = [talk(server.port) for _ in range(20)]
        opened = [await client.__aenter__() for client in clients]
        for n, client in enumerate(opened):
            client.send(b"WHATSAT client%d 0 0" % (MANY - 1 - n))
        assert not server.begun.is_set()
        disk.reads_most = None
        for n, client in enumerate(opened):
            assert (await client.line()).split(b" ")[3] == b"client%d" % (MANY - 1 - n)
        assert server.begun.is_set()
        for context in clients:
            await context.__aexit__(None, None, None)
    assert f"the journal is read: {MANY:,} reports of {MANY:,} lines" in (tmp_path / "Home.log").read_text()


async def test_what_was_read_is_in_a_new_life_and_from_nobody(tmp_path: Path) -> None:
    disk = MemoryDisk({"Home.journal": written(1_000), "Home.journal.new": b"of a crash"})
    async with home(tmp_path, disk) as server:
        assert disk.files.keys() == {"Home.journal"}
        store = server.node.store
        assert {report[3] for report in store.reports.values()} == {LOADED}
        assert not store.reaches(0)  # a link that starts compares digests
        assert store.reaches(store.number)
        assert disk.appended == 0  # it is not kept twice


async def test_a_neighbour_learns_what_was_read(tmp_path: Path) -> None:
    disk = MemoryDisk({"Home.journal": written(1_000)})
    config = small_herd({"Home": ["Away"], "Away": ["Home"]}, {})
    async with running(config, "Away", tmp_path) as away:
        servers = {**config.servers, "Away": replace(config.servers["Away"], tcp=_at(away.port))}
        async with running(replace(config, servers=servers), "Home", tmp_path, disk):
            await until(lambda: len(away.node.store.reports) == 1_000, "Away knows all")


async def test_a_journal_of_more_clients_than_are_kept_is_read_without_holding_them_all(tmp_path: Path) -> None:
    last = b"AT Home +0.000000001 client0 %b 1520023935.000000000" % HERE  # who stood first, and was let go
    forget = b"FORGET Home client999 1520023940.000000000"
    disk = MemoryDisk({"Home.journal": written(1_000) + seal(b"%b\n%b\n" % (last, forget), 5)})
    disk.reads_most = 4_096
    most: list[int] = []
    async with running(small_herd({"Home": ()}, {}), "Home", tmp_path) as server:
        node = server.node
        node.store.acceptance.most = 100
        await Loading(disk.open("Home.journal"), node.store, node.counts.kept).run(
            lambda _: most.append(len(node.store.reports))
        )
        assert max(most) <= 100 + 100 // 8
        known, accepts = set(node.store.reports), node.store.acceptance.accepts
        assert {b"client%d" % number for number in range(900, 999)} | {b"client0"} <= known
        assert not accepts(1520023934 * SECOND + 1, known=False)  # as those that were let go were heard
        assert accepts(1520023934 * SECOND + 1_000, known=False)
        assert set(node.store.forgotten) == {b"client999"}
        assert not node.store.fresh


async def test_lines_that_are_no_reports_are_skipped_and_counted(tmp_path: Path) -> None:
    good = b"AT Home +0.000000001 kiwi %b 1520023934.5" % HERE  # of the slow lane
    text = seal(b"AT nonsense\nELSE 1\n%b\n" % good, 1)
    disk = MemoryDisk({"Home.journal": text})
    async with home(tmp_path, disk) as server:
        assert server.node.store.newest(b"kiwi") == good
        assert (server.node.counts.kept.read, server.node.counts.kept.skipped) == (3, 2)


async def test_reports_stand_in_any_order_and_the_newest_counts(tmp_path: Path) -> None:
    lines = [b"AT Home +0.000000001 kiwi %b 152002393%d.000000000" % (HERE, n) for n in (3, 5, 4)]
    disk = MemoryDisk({"Home.journal": b"".join([seal(line + b"\n", 1) for line in lines])})
    async with home(tmp_path, disk) as server:
        assert server.node.store.newest(b"kiwi") == lines[1]


@pytest.mark.parametrize("step", ["open", "read", "sync folder"])
async def test_a_journal_that_cannot_be_had_is_a_reason_not_to_start(tmp_path: Path, step: str) -> None:
    disk = MemoryDisk()
    disk.fails = {step: error(5)}
    with pytest.raises(ExceptionGroup) as problem:
        async with running(small_herd({"Home": ()}, {}), "Home", tmp_path, disk) as server:
            await within(server.begun.wait())
    reasons, _ = problem.value.split(CannotStartError)
    assert reasons is not None
    assert "memory/Home.journal: Input/output error" in str(reasons.exceptions[0])
    assert disk.locked is None


def _at(port: int) -> Address:
    return Address("127.0.0.1", port)


async def test_the_real_disk_does_what_a_journal_asks_of_it(tmp_path: Path) -> None:
    disk = Folder(tmp_path / "new")
    disk.lock("a")
    with pytest.raises(BlockingIOError):
        Folder(tmp_path / "new").lock("a")
    file = disk.open("a")
    assert file.append(b"12345") == 5
    file.truncate(3)
    assert file.append(b"678") == 3
    assert (file.size(), file.read(1, 3), file.read(6, 9)) == (6, b"236", b"")
    await file.sync()
    disk.rename("a", "b")
    await disk.sync()
    await file.close()
    await file.close()
    await file.sync()  # late, from a task that is over
    assert (tmp_path / "new" / "b").read_bytes() == b"123678"
    disk.remove("b")
    disk.remove("b")
    disk.unlock()
    other = Folder(tmp_path / "new")
    other.lock("a")
    other.unlock()
    assert os.listdir(tmp_path / "new") == ["a.lock"]
