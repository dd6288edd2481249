"""How much is done for how many over HTTP: requests of an address, viewers of the feed, descriptors."""

import asyncio
import sys
from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError
from hypothesis import given
from hypothesis import strategies as st

from herd.messages import SECOND
from herd.sections.limits import REQUESTS, LimitsSettings
from tests.herding import HERE, talk, until, within
from tests.webbing import gateway
from web.feed.watching import FEED
from web.problems import Problem
from web.rates import ADDRESSES_MOST, BURST_SECONDS, RATES, Rates

SOMEBODY = "192.0.2.1"


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0  # seconds

    def __call__(self) -> int:
        """Return nanoseconds."""
        return round(self.now * SECOND)


def passes(rates: Rates, address: str = SOMEBODY) -> bool:
    try:
        rates.check(address)
    except Problem:
        return False
    return True


def test_a_bucket_full_of_requests_may_come_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    rates = Rates(10, clock)
    burst = int(10 * BURST_SECONDS)
    assert [passes(rates) for _ in range(burst + 3)] == [True] * burst + [False] * 3
    assert rates.refused == 3
    clock.now += 0.5
    assert [passes(rates) for _ in range(6)] == [True] * 5 + [False]
    clock.now += 1000
    assert sum(passes(rates) for _ in range(2 * burst)) == burst


@given(st.lists(st.floats(0, 0.5), max_size=200), st.integers(1, 50))
def test_nobody_passes_more_often_than_the_bucket_and_the_seconds_allow(pauses: list[float], most: int) -> None:
    clock = Clock()
    rates = Rates(most, clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += passes(rates)
    assert passed <= max(1, most * BURST_SECONDS) + most * sum(pauses) + 1e-6


def test_whoever_is_refused_learns_when_to_come_again() -> None:
    rates = Rates(1, Clock())
    while passes(rates):
        pass
    with pytest.raises(Problem) as refused:
        rates.check(SOMEBODY)
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})


def test_one_request_in_a_second_is_one() -> None:
    clock = Clock()
    rates = Rates(1, clock)
    assert [passes(rates) for _ in range(3)] == [True, True, False]
    clock.now += 1
    assert [passes(rates) for _ in range(2)] == [True, False]


def test_an_address_is_not_refused_for_another() -> None:
    rates = Rates(1, Clock())
    while passes(rates):
        pass
    assert passes(rates, "192.0.2.2")
    assert passes(rates, "2001:db8::1")


def test_the_addresses_of_one_ipv6_customer_are_one() -> None:
    rates = Rates(1, Clock())
    assert [passes(rates, f"2001:db8::{number:x}") for number in range(1, 4)] == [True, True, False]
    assert passes(rates, "2001:db8:0:1::1")
    assert passes(rates, "fe80::1%eth0")
    assert [passes(rates, f"::ffff:192.0.2.{number}") for number in range(1, 4)] == [True] * 3


def test_loopback_is_counted_only_where_the_setting_says_so() -> None:
    for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        free, counted = Rates(None, Clock()), Rates(1, Clock())
        assert all(passes(free, address) for _ in range(10 * REQUESTS))
        assert len(free) == 0
        assert [passes(counted, address) for _ in range(3)] == [True, True, False]


def test_without_the_setting_others_have_the_default() -> None:
    rates = Rates(None, Clock())
    assert sum(passes(rates) for _ in range(10 * REQUESTS)) == REQUESTS * BURST_SECONDS


def test_a_crowd_of_addresses_takes_no_more_memory() -> None:
    rates = Rates(1, Clock())
    for number in range(ADDRESSES_MOST + 1000):
        assert passes(rates, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(rates) == ADDRESSES_MOST


async def test_too_many_requests_are_a_problem_that_says_when_to_come_again(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=LimitsSettings(requests=1)) as home:
        clock = home.runner.app[RATES]._clock = Clock()
        assert [(await home.get("/healthz")).status for _ in range(3)] == [200, 200, 429]
        reply = await home.get("/healthz")
        assert (reply.kind, reply.json["title"]) == ("application/problem+json", "Too Many Requests")
        assert reply.headers["Retry-After"] == "1"
        plain = await home.ask("POST", "/iamat", b"IAMAT kiwi %b 5\n" % HERE, Accept="text/plain")
        assert (plain.status, plain.body) == (429, b"? POST /iamat\n")
        assert not home.server.node.store.reports
        clock.now += 1
        assert 'herd_http_refusals_total{limit="requests"} 3.0' in (await home.get("/metrics")).body.decode()


@pytest.mark.parametrize("path", ["/live", "/live?format=binary", "/events"])
async def test_beyond_the_seats_nobody_watches_until_somebody_leaves(tmp_path: Path, path: str) -> None:
    async with gateway(tmp_path, limits=LimitsSettings(viewers=1)) as home:
        feed = home.runner.app[FEED]
        async with home.session.ws_connect(f"{home.url}/live") as live:
            await within(live.receive())
            if path == "/events":
                reply = await home.get(path)
                assert (reply.status, reply.kind) == (503, "application/problem+json")
                assert int(reply.headers["Retry-After"]) > 0
                assert (await home.get(path, Accept="text/plain")).body == b"? GET /events\n"
            else:
                with pytest.raises(WSServerHandshakeError) as refused:
                    await home.session.ws_connect(home.url + path)
                assert refused.value.status == 503
            metrics = (await home.get("/metrics")).body.decode()
            assert "herd_viewers_most 1.0" in metrics
            assert 'herd_http_refusals_total{limit="viewers"} 0.0' not in metrics
        await until(lambda: not feed.seats.taken, "the seat is free")
        async with home.session.ws_connect(f"{home.url}/live") as live:
            await within(live.receive())


async def test_many_that_come_at_once_get_as_many_seats_as_there_are(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=LimitsSettings(viewers=5)) as home:
        coming = [asyncio.create_task(home.session.ws_connect(f"{home.url}/live")) for _ in range(30)]
        came = await within(asyncio.gather(*coming, return_exceptions=True))
        assert sum(isinstance(one, WSServerHandshakeError) for one in came) == 25
        assert len(home.runner.app[FEED].viewers()) == 5
        for one in came:
            if not isinstance(one, BaseException):
                await one.close()


async def test_a_connection_beyond_the_last_descriptor_is_closed_and_the_others_go_on(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, talk(home.port) as early:
        early.writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        assert (await home.get("/healthz")).status == 200
        home.server.node.admission.last_descriptor = 0
        for _ in range(50):
            async with talk(home.port) as late:
                assert await late.rest() == b""
        home.server.node.admission.last_descriptor = sys.maxsize
        early.writer.write(b"Connection: close\r\n\r\n")
        assert (await early.rest()).startswith(b"HTTP/1.1 200 ")
        async with talk(home.port) as later:
            later.writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert (await later.rest()).startswith(b"HTTP/1.0 200 ")
