"""The quick lane of HTTP: it answers as aiohttp's way does, byte for byte, and takes what it is meant to take."""

import asyncio
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from herd.config import Config
from herd.door import HTTP
from herd.sections.access import AccessSettings, Token
from herd.sections.limits import LimitsSettings
from tests.herding import HOST, PATIENCE, Lines, talk, until, within
from tests.memorydisk import MemoryDisk
from tests.webbing import Gateway, gateway
from web.operations.requests import REQUESTS
from web.quick.guest import Guest
from web.quick.heads import BODY_LIMIT, END, HEAD_LIMIT, HEADS_KEPT, Heads, read_head
from web.quick.lane import Lane
from web.rates import RATES

REPORT = b'{"client":"kiwi","location":"+34.068930-118.445127","time":"1520023934.918963997"}'
FORM = b"client=kiwi&lat=34.5&lon=-118.25&time=1520023934.5"
LINE = b"IAMAT kiwi +34.068930-118.445127 1520023934.918963997\n"
JSON_KIND, FORM_KIND, TEXT_KIND = b"application/json", b"application/x-www-form-urlencoded", b"text/plain"
# What follows the requests of a comparison: aiohttp answers it, and closes.
LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SOON = 0.05  # seconds for a body to come
FULL, FLEET = "to-write-all-0123456789", "of-fleet-7-0123456789ab"
NO_HOSTS: frozenset[str] = frozenset()


def post(body: bytes = REPORT, kind: bytes = JSON_KIND, *more: bytes, length: int | None = None) -> bytes:
    """Return a plain request, with more lines in its head."""
    lines = [b"POST /iamat HTTP/1.1", b"Host: localhost", b"Content-Type: " + kind, *more]
    return b"\r\n".join([*lines, b"Content-Length: %d" % (len(body) if length is None else length)]) + END + body


def head_of(request: bytes) -> bytes:
    return request.partition(END)[0] + END


def quick_ones(home: Gateway) -> int:
    """Return how many connections are in the quick lane now."""
    return sum(isinstance(one, Guest) and one.quick for one in home.server.node.admission.at(HTTP))


async def answer(client: Lines) -> tuple[bytes, bytes]:
    """Return the head and the body of the next answer."""
    head = await within(client.reader.readuntil(END))
    length = re.search(rb"Content-Length: ([0-9]+)", head)
    assert length
    return head, await within(client.reader.readexactly(int(length[1])))


def with_tokens(config: Config) -> Config:
    return replace(config, access=AccessSettings(write=(Token(FULL), Token(FLEET, "fleet7/*"))))


def always_synced(config: Config) -> Config:
    return replace(config, journal=replace(config.journal, fsync="always"))


# The comparison


class Pair:
    """Two servers alike, the second without the lane, in a thread of their own: hypothesis does not await."""

    def __init__(self, folder: Path, disk: bool = False) -> None:
        self.homes: list[Gateway] = []
        self._folder = folder
        self._disk = disk
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    @contextmanager
    def running(self) -> Iterator["Pair"]:
        """Run them inside the block."""
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def compare(self, writes: list[bytes]) -> None:
        """Send the same to both, in as many writes, and expect the same back, in the stores, and to be counted."""
        before = [_counts(home) for home in self.homes]
        quick, slow = (self._ask(home.port, writes) for home in self.homes)
        assert quick == slow
        quick_counts, slow_counts = (_counts(home) - old for home, old in zip(self.homes, before, strict=True))
        assert quick_counts == slow_counts
        quick_beliefs, slow_beliefs = (_beliefs(home) for home in self.homes)
        assert quick_beliefs == slow_beliefs

    def logged(self) -> list[list[str]]:
        """Return what the logs say came and went, once both are closed."""
        return [_logged(home.log) for home in self.homes]

    def _ask(self, port: int, writes: list[bytes]) -> bytes:
        """Return all that comes back until the server closes, but for the dates."""
        said = b""
        with socket.create_connection((HOST, port), PATIENCE) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for part in [*writes, LAST]:
                    client.sendall(part)
                    # What aiohttp makes of a good request and a bad one depends on whether they come at once.
                    asyncio.run_coroutine_threadsafe(_turns(), self._loop).result(PATIENCE)
                while part := client.recv(2**16):
                    said += part
            except ConnectionError:  # it closed before it had read everything: what it said may be lost
                return b"reset"
        return re.sub(rb"Date: [^\r]+", b"Date", said)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with (
            gateway(self._folder / "quick", patience=SOON) as quick,
            gateway(self._folder / "slow", patience=SOON, lane=lambda _: None) as slow,
        ):
            self.homes = [quick, slow]
            for home in self.homes:
                await until(home.server.begun.is_set, "it begins")
            self._ready.set()
            await self._stop.wait()


async def _turns() -> None:
    """Let the servers read what was sent, and answer it."""
    for _ in range(20):
        await asyncio.sleep(0)


def _beliefs(home: Gateway) -> dict[bytes, bytes]:
    return {client: report[1] for client, report in home.server.node.store.reports.items()}


def _counts(home: Gateway) -> Counter[str]:
    """Return what is counted of commands, refusals, and answers by route and status; never less than before."""
    node = home.server.node
    counts = node.counts.refused + Counter({"answered": node.counts.answered, "inside": node.access.inside})
    for family in home.runner.app[REQUESTS].collect():
        for sample in family.samples:
            if sample.name == "herd_http_requests_total":
                counts[str(sample.labels)] += int(sample.value)
    return counts


def _logged(log: Path) -> list[str]:
    return re.findall(r"Z 127[^ ]+ ([<>] .*)", log.read_text())


names = st.sampled_from([
    b"Host", b"host", b"Content-Type", b"Content-Length", b"content-length", b"Transfer-Encoding", b"Connection",
    b"Accept", b"Accept-Encoding", b"Authorization", b"Expect", b"Origin", b"Cookie", b"Content-Encoding",
    b"Upgrade", b"User-Agent", b"X-Odd", b"X-Forwarded-For", b"Content-Length ", b" Accept", b"Sec-Fetch-Mode", b"",
])  # fmt: skip
values = st.one_of(
    st.sampled_from([
        b"localhost", b"127.0.0.1:80", b"evil.example", b"[::1]", b"chunked", b"close", b"keep-alive",
        b"Keep-Alive",
        b"close, keep-alive", b"text/plain", b"application/json", b"text/plain;q=0.5, application/json", b"*/*",
        b"gzip", b"identity", b"0", b"5", b"82", b"+82", b"082", b"82, 82", b"1e1", b"0x52", b"100-continue",
        b"websocket", b"Bearer none", b"Basic Og==", b"http://localhost", b"http://evil.example",
        b"application/json; charset=latin-1", b"application/json; charset=utf-8", b"x" * 1100, b"", b"a\x00b",
        b"a\xe9b", b"a\tb", b"a b ",
    ]),
    st.binary(max_size=4),
)  # fmt: skip
bodies = st.one_of(
    st.sampled_from([
        (REPORT, JSON_KIND), (FORM, FORM_KIND), (LINE, TEXT_KIND), (LINE * 3, TEXT_KIND),
        (b"[%b]" % REPORT, JSON_KIND),
        (LINE[:-1], TEXT_KIND), (b"\n" + LINE, TEXT_KIND), (LINE + b"nonsense", TEXT_KIND), (b"", TEXT_KIND),
        (b"WHATSAT kiwi 1 1\n", TEXT_KIND), (LINE.replace(b" ", b"  "), TEXT_KIND), (b"{}", JSON_KIND),
        (b'{"client":"a b","location":"+1-2"}', JSON_KIND), (b'{"client":"kaka","lat":1.5,"lon":-2}', JSON_KIND),
        (b'{"client":"kiwi","client":"x","location":"+1-2"}', JSON_KIND), (b"[" * 4000, JSON_KIND),
        (b"\xff", JSON_KIND),
        (b'{"client":"\\ud800","location":"+1-2"}', JSON_KIND), (b"client=%FF&location=%2B1-2", FORM_KIND),
        (b'{"client":"later","location":"+1-2","time":"9999999999.5"}', JSON_KIND), (REPORT, b"text/csv"),
        (REPORT, TEXT_KIND), (LINE, JSON_KIND), (REPORT.ljust(5000), JSON_KIND), (b"AUTH x\n", TEXT_KIND),
    ]),
    st.integers(0, 2**31).map(lambda time: (REPORT.replace(b"1520023934", b"%010d" % time), JSON_KIND)),
    st.tuples(st.binary(max_size=12), st.sampled_from([JSON_KIND, FORM_KIND, TEXT_KIND])),
)  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Return a request that is plain more often than not, and else a little or very odd."""
    body, kind = draw(bodies)
    more = draw(st.one_of(st.just([]), st.lists(st.tuples(names, values), max_size=3)))
    off = draw(st.sampled_from([0] * 9 + [-1, 1, 30]))
    text = post(body, kind, *[name + b": " + value for name, value in more], length=max(0, len(body) + off))
    wrong, right = draw(
        st.sampled_from([(b"", b"")] * 9 + [
            (b"POST /iamat", b"POST /iamat?x=1"), (b"POST", b"GET"), (b"POST", b"PUT"), (b"HTTP/1.1", b"HTTP/1.0"),
            (b"HTTP/1.1", b"HTTP/1.1 "), (b"/iamat", b"/iamat/"), (b"/iamat", b"/%69amat"),
            (b"POST /iamat", b"GET /readyz"),
            (b"/iamat", b"http://localhost/iamat"), (b"\r\n", b"\n"), (b"Host: localhost\r\n", b""), (b": ", b":"),
            (b": ", b" : "), (b": ", b":\t"), (b"\r\n", b"\r\n "), (b"Host: localhost", b"hOST:  localhost"),
            (b"POST", b"\r\nPOST"), (b"POST", b"post"),
        ])
    )  # fmt: skip
    return text.replace(wrong, right, 1) if wrong else text


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Return requests, one a write, all in one, or cut anywhere."""
    sent = draw(st.lists(requests(), min_size=1, max_size=3))
    if draw(st.booleans()):
        return sent
    stream = b"".join(sent)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=3)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if a < b]


def test_both_ways_say_the_same_of_whatever_comes_and_believe_and_log_the_same(tmp_path: Path) -> None:
    pair = Pair(tmp_path)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(streams())
    @example([post()])
    @example([post() + post()])
    @example([post(REPORT, JSON_KIND, b"Connection: close")])
    @example([post(FORM, FORM_KIND, b"Accept: text/plain")])
    @example([post(LINE * 70, TEXT_KIND)])
    def check(writes: list[bytes]) -> None:
        pair.compare(writes)

    with pair.running():
        check()
    quick, slow = pair.logged()
    assert quick == slow


# What is taken, and what is left


@pytest.mark.parametrize(
    "more",
    [
        b"X-Odd: 1", b"Origin: http://localhost", b"Cookie: a=b", b"Transfer-Encoding: chunked", b"Host: localhost",
        b"Expect: 100-continue", b"Upgrade: websocket", b"Content-Encoding: gzip", b"Content-Length: 82",
        b"Connection: close, keep-alive", b"Accept : a", b" Accept: a", b"Accept:", b"Accept: a ", b"Accept: a\tb",
        b"Accept:  a", b"Accept: a\x00", b"Accept: \xe9", b"Accept: a\n", b"Accept",
        b"Accept: " + b"a" * HEAD_LIMIT,
    ],
)  # fmt: skip
def test_a_head_with_anything_odd_in_it_is_not_plain(more: bytes) -> None:
    assert read_head(head_of(post()), NO_HOSTS)
    assert read_head(head_of(post(REPORT, JSON_KIND, more)), NO_HOSTS) is None


@pytest.mark.parametrize(
    "length", [b"0", b"082", b"+82", b"82 ", b"8_2", b"-1", b"0x52", b"82,82", b"%d" % (BODY_LIMIT + 1)]
)
def test_a_length_that_two_could_read_differently_or_that_is_long_is_not_plain(length: bytes) -> None:
    assert read_head(head_of(post()).replace(b": %d" % len(REPORT), b": " + length), NO_HOSTS) is None


def test_a_head_for_another_host_is_not_plain_and_a_bounded_number_is_known_again() -> None:
    heads = Heads(frozenset({"herd.example"}))
    elsewhere = head_of(post()).replace(b"localhost", b"evil.example")
    assert heads.read(elsewhere) is None
    ours = head_of(post()).replace(b"localhost", b"herd.example")
    assert heads.read(ours) is heads.read(ours)
    for i in range(2 * HEADS_KEPT):
        assert heads.read(head_of(post(REPORT, JSON_KIND, b"User-Agent: %d" % i)))
        assert len(heads) <= HEADS_KEPT


async def test_plain_requests_stay_in_the_quick_lane_until_the_first_that_is_not(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, talk(home.port) as client:
        for request in (post(), post(FORM, FORM_KIND), post(LINE * 3, TEXT_KIND), post()):
            client.writer.write(request)
            head, body = await answer(client)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"AT Home " in body
        assert quick_ones(home) == 1
        for request in (LAST.replace(b"Connection: close\r\n", b""), post()):
            client.writer.write(request)
            assert (await answer(client))[0].startswith(b"HTTP/1.1 200 OK\r\n")
            assert quick_ones(home) == 0


async def test_a_body_may_come_behind_its_head_but_not_drop_by_drop(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, talk(home.port) as client:
        for quick, cuts in ((1, [20]), (0, [20, 40])):
            text = post()
            at = len(head_of(text))
            for begin, end in zip(
                [0, *[at + cut for cut in cuts]], [*[at + cut for cut in cuts], None], strict=True
            ):
                client.writer.write(text[begin:end])
                for _ in range(20):
                    await asyncio.sleep(0)
            assert (await answer(client))[1].startswith(b'{"client":"kiwi"')
            assert quick_ones(home) == quick


async def test_a_body_that_does_not_come_is_408(tmp_path: Path) -> None:
    async with gateway(tmp_path, patience=SOON) as home:
        assert (await within(home.raw(post(length=100)))).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_without_a_request_for_long_is_closed(tmp_path: Path) -> None:
    async with gateway(tmp_path, lane=lambda app: Lane(app, keepalive=SOON)) as home:
        assert (await within(home.raw(post()))).startswith(b"HTTP/1.1 200 ")
        assert await within(home.raw(b"")) == b""


async def test_the_last_request_of_a_connection_closes_it(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        said = await within(home.raw(post(REPORT, JSON_KIND, b"Connection: close")))
        assert b"\r\nConnection: close\r\n" in said


async def test_what_comes_while_an_answer_waits_for_the_disk_is_answered_after_it(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with gateway(tmp_path, disk=disk, change=always_synced) as home, talk(home.port) as client:
        await until(home.server.begun.is_set, "the journal is read")
        with disk.held():
            client.writer.write(post())
            await until(lambda: home.server.node.access.inside, "it is heard")
            client.writer.write(post(FORM, FORM_KIND))
            for _ in range(20):
                await asyncio.sleep(0)
        first, second = (await answer(client))[1], (await answer(client))[1]
        assert (b"+34.068930" in first, b"+34.5-118.25" in second) == (True, True)
        assert quick_ones(home) == 1


async def test_whoever_loses_a_token_while_an_answer_waits_loses_the_connection(tmp_path: Path) -> None:
    disk = MemoryDisk()
    bearer = b"Authorization: Bearer " + FULL.encode()
    async with (
        gateway(tmp_path, disk=disk, change=lambda config: with_tokens(always_synced(config))) as home,
        talk(home.port) as client,
    ):
        await until(home.server.begun.is_set, "the journal is read")
        with disk.held():
            client.writer.write(post(REPORT, JSON_KIND, bearer))
            await until(lambda: home.server.node.access.inside, "it is heard")
            home.server.node.access.replace(AccessSettings(write=(Token(FLEET),)))
            assert await client.rest() == b""


async def test_a_token_counts_as_it_stands_at_each_request(tmp_path: Path) -> None:
    async with gateway(tmp_path, change=with_tokens) as home:
        for token, status in ((b"", b"401"), (FULL.encode(), b"200"), (FLEET.encode(), b"403")):
            async with talk(home.port) as client:
                client.writer.write(post(REPORT, JSON_KIND, b"Authorization: Bearer " + token))
                assert (await answer(client))[0].split()[1] == status
                assert quick_ones(home) == (status == b"200")
        async with talk(home.port) as client:
            for status in (b"200", b"401"):
                client.writer.write(post(REPORT, JSON_KIND, b"Authorization: Bearer " + FULL.encode()))
                assert (await answer(client))[0].split()[1] == status
                home.server.node.access.replace(AccessSettings(write=(Token(FLEET),)))


async def test_one_request_too_many_is_429_and_counted_once(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=LimitsSettings(requests=1)) as home, talk(home.port) as client:
        statuses = []
        for _ in range(3):
            client.writer.write(post())
            statuses.append((await answer(client))[0].split()[1])
        assert statuses == [b"200", b"200", b"429"]
        assert home.runner.app[RATES].refused == 1


async def test_what_cannot_be_kept_is_503(tmp_path: Path) -> None:
    disk = MemoryDisk()
    async with gateway(tmp_path, disk=disk) as home, talk(home.port) as client:
        await until(home.server.begun.is_set, "the journal is read")
        disk.room = 0
        client.writer.write(post())
        assert (await answer(client))[0].startswith(b"HTTP/1.1 503 ")


async def test_a_server_that_goes_leaves_its_guests_to_aiohttp(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home, talk(home.port) as client:
        client.writer.write(post())
        await answer(client)
        assert quick_ones(home) == 1
        home.server.node.admission.close()
        assert quick_ones(home) == 0
        client.writer.write(post())
        assert (await answer(client))[0].startswith(b"HTTP/1.1 200 ")
