"""The herd of five as real processes: every server knows every client, whoever goes away meanwhile."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.herding import HERE, PEERS, THERE, Herd, Lines, herd_of_processes, iamat, talk

STOPPED_SECONDS = 10.0


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Herd]:
    """Run the herd; a test leaves it whole."""
    with herd_of_processes(tmp_path_factory.mktemp("herd")) as herd:
        herd.start(*PEERS)
        yield herd


@pytest_asyncio.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Close what a test opens."""
    async with AsyncExitStack() as stack:
        yield stack


class Everyone:
    """A connection to each server, opened when it is first needed."""

    def __init__(self, herd: Herd, stack: AsyncExitStack) -> None:
        self._herd = herd
        self._stack = stack

    async def at(self, name: str) -> Lines:
        """Connect to one of them."""
        return await self._stack.enter_async_context(talk(self._herd.ports[name]))

    async def say(self, name: str, client: bytes, time_: bytes, location: bytes = HERE) -> bytes:
        """Tell one server, and return its AT line."""
        answer = await (await self.at(name)).ask(iamat(client, time_, location))
        assert answer.startswith(b"AT %b " % name.encode())
        return answer

    async def agree(self, line: bytes, names: set[str] | None = None) -> None:
        """Wait until these servers, or all, answer with this very AT line."""
        client = line.split(b" ")[3]
        for name in names or PEERS:
            assert await (await self.at(name)).knows(client, line) == line


@pytest.fixture
def everyone(herd: Herd, stack: AsyncExitStack) -> Everyone:
    """Give connections to the herd that all tests share; one that failed must not spoil the others."""
    herd.start(*[name for name in PEERS if name not in herd.running or herd.running[name].poll() is not None])
    return Everyone(herd, stack)


async def test_an_update_at_any_server_is_read_at_every_other_in_all_twenty_ordered_pairs(
    everyone: Everyone,
) -> None:
    pairs = set()
    for told in PEERS:
        line = await everyone.say(told, b"pair-" + told.encode(), b"1520023934.918963997")
        for asked in PEERS:
            assert await (await everyone.at(asked)).knows(b"pair-" + told.encode(), line) == line
            if asked != told:
                pairs.add((told, asked))
    assert len(pairs) == 20


async def test_an_update_moves_a_client_whichever_server_it_is_made_to(everyone: Everyone) -> None:
    for number, told in enumerate([*PEERS, *reversed(PEERS)]):
        line = await everyone.say(told, b"mover", b"15200239%02d" % number, (HERE, THERE)[number % 2])
        await everyone.agree(line)


@pytest.mark.parametrize(
    ("client", "location", "time_"),
    [
        (b"kiwi", b"+34.068930-118.445127", b"1520023934.918963997"),
        (b"\xff\xfe\x00\x1f\x85\xa0\xc2\xa0", b"-90+180", b"1520023934"),
        ("Zoë-\U0001f980".encode(), b"+0.0-000.000000000000001", b"1520023934.123456789123456789"),
        (b"AT", b"+90.000-180.0", b"0"),
        (b"MARK", b"-0-0", b"000000000001.5"),
        (b"%s{}\\n'\"", b"+1-1", b"999999999999.999999999999999999"),
        (b"c" * 1024, b"+5.5+5.5", b"1520023934.5"),
    ],
)
async def test_an_at_line_is_the_same_bytes_at_every_server(
    everyone: Everyone, client: bytes, location: bytes, time_: bytes
) -> None:
    line = await everyone.say("Welsh", client, time_, location)
    assert line.endswith(b" %b %b %b" % (client, location, time_))
    await everyone.agree(line)


async def test_the_newer_report_wins_everywhere_whichever_comes_first(everyone: Everyone) -> None:
    newer = await everyone.say("Hands", b"stale", b"1520023935.0")
    await everyone.agree(newer)
    stale = await everyone.say("Welsh", b"stale", b"1520023934.0", THERE)
    assert stale.endswith(b" 1520023934.0")
    marker = await everyone.say("Welsh", b"after-stale", b"1520023934.0")
    await everyone.agree(marker)
    await everyone.agree(newer)


async def test_a_middle_server_that_was_killed_and_comes_back_has_everything(
    herd: Herd, everyone: Everyone
) -> None:
    before = [await everyone.say(name, b"kept-" + name.encode(), b"1520023934.5") for name in PEERS]
    for line in before:
        await everyone.agree(line)
    herd.kill("Holiday")
    meanwhile = await everyone.say("Goloman", b"meanwhile", b"1520023934.5")
    herd.start("Holiday")
    for line in [*before, meanwhile]:
        await everyone.agree(line, {"Holiday"})
    await everyone.agree(meanwhile)


async def test_an_update_made_while_holiday_was_down_reaches_welsh_after_its_return(
    herd: Herd, everyone: Everyone
) -> None:
    herd.kill("Holiday")
    line = await everyone.say("Wilkes", b"detour", b"1520023934.5")
    await everyone.agree(line, {"Goloman", "Hands", "Wilkes"})
    assert await (await everyone.at("Welsh")).ask(b"WHATSAT detour 1 1") == b"? WHATSAT detour 1 1"
    herd.start("Holiday")
    await everyone.agree(line)


async def test_a_stopped_server_delays_nobody_and_catches_up(herd: Herd, everyone: Everyone) -> None:
    goloman, hands = await everyone.at("Goloman"), await everyone.at("Hands")
    end = time.monotonic() + STOPPED_SECONDS
    herd.freeze("Wilkes")
    try:
        rounds = 0
        while time.monotonic() < end:  # the link between these two does not lead through the one that is stopped
            line = await goloman.ask(iamat(b"rounds", b"%d" % (1520023934 + rounds)))
            rounds += 1
            if rounds % 50 == 1:
                await hands.knows(b"rounds", line)
        assert rounds > 50
        lines = [
            await everyone.say(name, b"frozen-" + name.encode(), b"1520023934.5")
            for name in PEERS
            if name != "Wilkes"
        ]
        for line in lines:
            await everyone.agree(line, PEERS.keys() - {"Wilkes"})
    finally:
        herd.thaw("Wilkes")
    for line in lines:
        await everyone.agree(line, {"Wilkes"})
    await everyone.agree(await everyone.say("Wilkes", b"thawed", b"1520023934.5"))


async def test_two_halves_written_while_apart_agree_on_the_newer_of_each_client(
    herd: Herd, everyone: Everyone
) -> None:
    for client in (b"half-one", b"half-two"):
        await everyone.agree(await everyone.say("Hands", client, b"1520023930.0"))
    herd.kill("Holiday")  # Welsh is alone now
    newer_one = await everyone.say("Welsh", b"half-one", b"1520023935.0", THERE)
    older_one = await everyone.say("Goloman", b"half-one", b"1520023934.0", HERE)
    older_two = await everyone.say("Welsh", b"half-two", b"1520023934.0", HERE)
    newer_two = await everyone.say("Goloman", b"half-two", b"1520023935.0", THERE)
    assert await (await everyone.at("Wilkes")).knows(b"half-one", older_one)
    assert await (await everyone.at("Welsh")).knows(b"half-two", older_two)
    herd.start("Holiday")
    await everyone.agree(newer_one)
    await everyone.agree(newer_two)
    # What is told after them has passed each link behind them, and they still stand.
    for name in PEERS:
        await everyone.agree(await everyone.say(name, b"after-" + name.encode(), b"1520023934.0"))
    await everyone.agree(newer_one)
    await everyone.agree(newer_two)


@pytest.mark.parametrize(
    "order",
    [
        ["Welsh", "Hands", "Holiday", "Wilkes", "Goloman"],
        ["Wilkes", "Goloman", "Welsh", "Hands", "Holiday"],
    ],
)
async def test_servers_that_come_up_in_any_order_are_a_whole_herd(
    herd: Herd, everyone: Everyone, order: list[str]
) -> None:
    herd.kill(*PEERS)
    lines = []
    for name in order:
        herd.start(name)
        client = f"{order[0]}-{name}"  # they still know those of the order before
        lines.append(await everyone.say(name, client.encode(), b"1520023934.5"))
    for line in lines:
        await everyone.agree(line)


async def test_servers_that_start_at_once_are_a_whole_herd(herd: Herd, everyone: Everyone) -> None:
    herd.kill(*PEERS)
    herd.start(*PEERS)
    for name in PEERS:
        await everyone.agree(await everyone.say(name, b"once-" + name.encode(), b"1520023934.5"))
