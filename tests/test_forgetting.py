"""A server forgets whom it is told to, herd-wide, and by itself the silent and those it has no room for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from herd.batch import OWN_CLIENTS
from herd.clockwatch import QUIET
from herd.config import Config
from herd.facts import Forget
from herd.forgetting import Forgetting, TooManyError
from herd.messages import SECOND, parse_at
from herd.sections.limits import LimitsSettings
from herd.server import RunningServer
from tests.herding import Lines, free_ports, running, small_herd, talk, until, within
from web.search.finder import Finder

HERE = b"+34.068930-118.445127"
NOW = 1_520_023_935 * SECOND
DAY = 86_400


def line_of(client: bytes, ago: float) -> bytes:
    """Return the report of a client that was heard so many seconds before NOW, at once."""
    return b"AT Left +0.000000000 %b %b %d.%09d" % (client, HERE, *divmod(NOW - round(ago * SECOND), SECOND))


def pair_config(**limits: int) -> Config:
    left, right = free_ports(2)
    config = small_herd({"Left": ("Right",), "Right": ("Left",)}, {"Left": left, "Right": right})
    return replace(config, limits=replace(config.limits, **limits))


@asynccontextmanager
async def pair(folder: Path, **limits: int) -> AsyncIterator[tuple[RunningServer, RunningServer]]:
    config = pair_config(**limits)
    async with running(config, "Left", folder) as left, running(config, "Right", folder) as right:
        await until(lambda: left.links.tellings and right.links.tellings, "both links")
        yield left, right


@asynccontextmanager
async def alone(folder: Path, **limits: int) -> AsyncIterator[tuple[RunningServer, Forgetting]]:
    """Run a server whose clock stands still, with a Forgetting that looks when it is told to."""
    settings = LimitsSettings(**limits)
    async with running(small_herd({"Left": ()}, {}), "Left", folder) as server:
        server.node.clock = lambda: NOW
        forgetting = Forgetting(server.node, settings, lambda: [0])
        yield server, forgetting


async def trust(forgetting: Forgetting) -> None:
    """Let it look until it trusts its clock, as if a long time had passed."""
    forgetting._watch.trusts = lambda ahead: True  # type: ignore[method-assign]
    await forgetting.look()


def slip_in(server: RunningServer, *lines: bytes) -> None:
    """Have reports in the store, and the feed tell them."""
    for line in lines:
        assert server.node.store.put(parse_at(line), server.node.turn.batch(OWN_CLIENTS))


async def report(client: Lines, name: bytes, time: bytes) -> bytes:
    return await client.ask(b"IAMAT %b %b %b" % (name, HERE, time))


async def test_who_is_forgotten_at_one_server_is_forgotten_at_all_and_back_with_a_newer_time(
    tmp_path: Path,
) -> None:
    async with pair(tmp_path) as (left, right), talk(left.port) as client, talk(right.port) as other:
        await report(client, b"kiwi", b"1520023934.5")
        await until(lambda: right.node.store.newest(b"kiwi"), "the report")
        assert right.forgetting.forget(b"kiwi")
        assert not right.forgetting.forget(b"kiwi")
        await until(lambda: left.node.store.newest(b"kiwi") is None, "the forgetting")
        assert await other.ask(b"WHATSAT kiwi 10 5") == b"? WHATSAT kiwi 10 5"
        for late in (b"1520023934.500000000", b"1520023936.000000000"):  # said before: answered, and not believed
            assert (await report(client, b"kiwi", late)).startswith(b"AT Left ")
            assert left.node.store.newest(b"kiwi") is None
        later = b"%d.%09d" % divmod(left.node.clock() + 50 * SECOND, SECOND)
        line = await report(client, b"kiwi", later)
        await until(lambda: right.node.store.newest(b"kiwi") == line, "the client to be back")
    assert "forgets b'kiwi', as it was asked to" in (tmp_path / "Right.log").read_text()


async def test_a_report_from_the_future_is_forgotten_too(tmp_path: Path) -> None:
    async with pair(tmp_path) as (left, right), talk(left.port) as client:
        await report(client, b"kiwi", b"4102444800.000000000")
        await until(lambda: right.node.store.newest(b"kiwi"), "the report")
        assert left.forgetting.forget(b"kiwi")
        await until(lambda: right.node.store.newest(b"kiwi") is None, "the forgetting")
        assert left.node.store.newest(b"kiwi") is None


async def test_a_server_that_was_away_learns_by_digest_who_was_forgotten(tmp_path: Path) -> None:
    async with pair(tmp_path) as (left, right):
        slip_in(left, line_of(b"kiwi", 0), line_of(b"other", 0))
        await until(lambda: right.node.store.newest(b"other"), "the reports")
        store = left.node.store
        left.forgetting.forget(b"kiwi")
        left.links.tellings["Right"].cursor = 10**9  # it says nothing of it: as a bug might
        await asyncio.sleep(0)
        left.links.tellings["Right"].cursor = store.number
        assert right.node.store.newest(b"kiwi")
        left.links.tellings["Right"].repair_soon(left.node.clock() + SECOND)
        await until(lambda: right.node.store.newest(b"kiwi") is None, "the forgetting")
        right.links.tellings["Left"].repair_soon(right.node.clock() + SECOND)
        assert right.node.store.newest(b"other")


async def test_a_digest_leaves_out_what_expired_or_lies_beneath_either_floor(tmp_path: Path) -> None:
    async with pair(tmp_path) as (left, right):
        slip_in(left, *[line_of(b"c%d" % number, 1000 - number) for number in range(100)])
        await until(lambda: len(right.node.store.reports) == 100, "the reports")
        right.node.store.reports.clear()
        right.node.store.acceptance.raise_floor(NOW - 950 * SECOND)
        left.node.store.acceptance.expire(NOW - 1020 * SECOND)
        left.links.tellings["Right"].repair_soon(NOW - 910 * SECOND)
        await until(lambda: right.node.store.reports, "the repair")
        await until(lambda: "> DONE" in (tmp_path / "Left.log").read_text(), "its end")
        assert sorted(right.node.store.reports) == [b"c%d" % number for number in range(51, 90)]
        log = (tmp_path / "Left.log").read_text()
        assert log.count("> DIGEST") == 2
        assert f"< FLOOR 1 {NOW - 950 * SECOND} 0" in log
        assert "left as it is" not in log


async def test_silent_clients_expire_and_the_log_says_how_many(tmp_path: Path) -> None:
    async with alone(tmp_path, keep=30 * DAY) as (server, forgetting):
        slip_in(server, line_of(b"old", 31 * DAY), line_of(b"silent", 30 * DAY), line_of(b"young", 29 * DAY))
        await forgetting.look()
        assert len(server.node.store.reports) == 3  # the clock might be wrong
        await trust(forgetting)
        assert set(server.node.store.reports) == {b"young"}
        assert server.node.counts.expired == 2
        assert not server.node.store.take(line_of(b"old", 31 * DAY), server.node.turn.batch(b"peer"))
    assert "2 clients expired: not heard for 2592000 s" in (tmp_path / "Left.log").read_text()


async def test_a_clock_that_jumps_expires_nobody(tmp_path: Path) -> None:
    now = NOW
    async with alone(tmp_path, keep=DAY) as (server, forgetting):
        server.node.clock = lambda: now
        slip_in(server, line_of(b"kiwi", 0))
        forgetting._watch._doubted -= QUIET  # it has run evenly for so long
        await forgetting.look()
        assert forgetting.trusted
        for days in (100, -100):
            now = NOW + days * DAY * SECOND
            await forgetting.look()
            assert not forgetting.trusted
        assert server.node.store.newest(b"kiwi")
        assert server.node.store.acceptance.expired == NOW - DAY * SECOND
    assert (tmp_path / "Left.log").read_text().count("nobody expires from now on") == 1


async def test_beyond_the_limit_those_heard_before_all_others_are_evicted_and_a_wrong_clock_evicts_nobody(
    tmp_path: Path,
) -> None:
    async with alone(tmp_path, clients=100, keep=30 * DAY) as (server, forgetting):
        slip_in(server, *[line_of(b"c%d" % number, 1000 - number) for number in range(110)])
        await forgetting.look()
        assert len(server.node.store.reports) == 110
        await trust(forgetting)
        assert sorted(server.node.store.reports) == sorted(b"c%d" % number for number in range(11, 110))
        assert server.node.store.acceptance.floor == NOW - 990 * SECOND
        assert server.node.counts.evicted == 11
    assert (
        "11 clients evicted, who were heard before all others: 100 are kept" in (tmp_path / "Left.log").read_text()
    )


Say = Callable[[int, int], Awaitable[list[bytes]]]


async def test_clients_beyond_an_eighth_of_the_limit_wait_until_there_is_room_and_all_are_answered(
    tmp_path: Path,
) -> None:
    limits = LimitsSettings(clients=1000, keep=30 * DAY)
    config = replace(small_herd({"Left": ()}, {}), limits=limits)
    most = 0
    async with running(config, "Left", tmp_path) as server, talk(server.port) as client:

        class Watcher:
            def moved(self) -> None:
                nonlocal most
                most = max(most, len(server.node.store.reports))

        server.node.turn.readers.append(Watcher())
        lines = [b"IAMAT c%d %b %d.000000000" % (number, HERE, NOW // SECOND) for number in range(20_000)]
        client.writer.write(b"\n".join(lines) + b"\n")
        answers = await within(client.lines(20_000))
        assert all(answer.startswith(b"AT Left ") for answer in answers)
        assert most < 1000 + 1000 // 8 + 2000  # a chunk more
        # The clock is not trusted yet, so an eighth beyond the limit stays.
        await until(lambda: len(server.node.store.reports) <= 1125, "evictions")


async def test_only_new_clients_wait_for_room_and_others_are_served_meanwhile(tmp_path: Path) -> None:
    # The look of this Forgetting is never asked for, so nobody is evicted.
    async with alone(tmp_path, clients=8) as (server, _), talk(server.port) as new, talk(server.port) as other:
        slip_in(server, *[line_of(b"c%d" % number, 9) for number in range(10)])
        await asyncio.sleep(0)
        acceptance = server.node.store.acceptance
        new.send(b"early", b"IAMAT new %b 1520023935" % HERE, b"late")
        assert await new.line() == b"? early"
        assert acceptance.full
        assert (await report(other, b"c3", b"1520023935")).startswith(b"AT Left ")
        assert await other.ask(b"WHATSAT new 1 1") == b"? WHATSAT new 1 1"
        acceptance.most = 16
        assert (await new.line()).startswith(b"AT Left ")
        assert await new.line() == b"? late"
        assert server.node.store.newest(b"new")


async def test_who_waits_for_room_does_not_wait_for_the_next_look(tmp_path: Path) -> None:
    async with alone(tmp_path, clients=8) as (server, forgetting), asyncio.TaskGroup() as tasks:
        forgetting._look = 10**6  # seconds
        looking = tasks.create_task(forgetting.run())
        await asyncio.sleep(0)
        slip_in(server, *[line_of(b"c%d" % number, 9 - number / 10) for number in range(20)])
        await until(lambda: len(server.node.store.reports) <= 9, "evictions")
        looking.cancel()


async def test_a_full_server_remembers_no_more_forgets_and_says_so(tmp_path: Path) -> None:
    async with alone(tmp_path, clients=2) as (server, forgetting):
        slip_in(server, *[line_of(b"c%d" % number, 1) for number in range(3)])
        assert forgetting.forget(b"c0")
        assert forgetting.forget(b"c1")
        with pytest.raises(TooManyError):
            forgetting.forget(b"c2")
        assert server.node.store.newest(b"c2")


async def test_what_peers_forget_is_bounded_without_waiting_for_a_sweep(tmp_path: Path) -> None:
    async with alone(tmp_path, clients=16, keep=30 * DAY) as (server, forgetting):
        store = server.node.store
        await trust(forgetting)  # the next sweep is far
        for number in range(19):
            store.forget(Forget(b"Right", b"c%d" % number, NOW + number), server.node.turn.batch(b"a peer's life"))
        await forgetting.look()
        assert sorted(store.forgotten) == sorted(b"c%d" % number for number in range(3, 19))


async def test_the_search_finds_nobody_who_is_gone(tmp_path: Path) -> None:
    async with alone(tmp_path) as (server, forgetting):
        finder = Finder(server.node)
        slip_in(server, line_of(b"kiwi", 1), line_of(b"other", 1))
        await asyncio.sleep(0)
        grid = await finder.grid()
        forgetting.forget(b"kiwi")
        await asyncio.sleep(0)
        again = await finder.grid()
        assert again is grid
        assert set(server.node.store.reports) == {b"other"}
        finder.stop()
