"""Links, met by peers that the tests play: honest, wrong, broken and hostile ones."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from herd.batch import OWN_CLIENTS
from herd.config import Config
from herd.digest import ALWAYS
from herd.handshake import Hello, Proof, is_proof, parse_hello, parse_proof, prove
from herd.links import comparison, owed, routing
from herd.links import hearing as links_hearing
from herd.links import telling as links_telling
from herd.messages import LINE_LIMIT, parse_at
from herd.server import RunningServer
from herd.store import LOG_LEAST
from herd.words import parse_ack, parse_digest, parse_hashes, parse_mark, parse_seen
from tests.herding import HERE, HOST, SECRET, Lines, free_ports, iamat, running, small_herd, talk, until, within

HOME = b"Home"
ALPHA, BETA = b"Alpha", b"Beta"
SEEN = b"AT Alpha +0.500000000 %b +34.068930-118.445127 1520023934.918963997"


def new_hex() -> bytes:
    return secrets.token_hex(8).encode()


class Peer:
    """A neighbour of Home's as a test plays it: it dials, and it listens where Home dials."""

    def __init__(self, name: bytes, life: bytes | None = None, secret: bytes = SECRET.encode()) -> None:
        self.name = name
        self.life = life or new_hex()
        self.secret = secret
        self.claims = 0  # how far it says to have heard Home
        self.told: asyncio.Queue[bytes] = asyncio.Queue()  # every line that Home tells it
        self.lets_in = True
        self.port = 0
        self.told_by: list[Lines] = []

    def hello(self, to: bytes = HOME, version: int = 1) -> Hello:
        """Return how it begins a connection."""
        return Hello(self.name, self.life, to, new_hex(), version)

    async def dial(self, stack: AsyncExitStack, port: int) -> tuple[Lines, int]:
        """Prove itself to a server; return the connection, and how far the server has heard this life."""
        lines = await stack.enter_async_context(talk(port))
        mine = self.hello()
        theirs = parse_hello(await lines.ask(bytes(mine)))
        assert theirs is not None
        assert (theirs.name, theirs.to) == (HOME, self.name)
        proof = parse_proof(await lines.ask(bytes(Proof(prove(self.secret, b"dialler", mine, theirs)))))
        assert proof is not None
        assert proof.heard is not None
        assert is_proof(proof.digest, prove(self.secret, b"listener", mine, theirs))
        return lines, proof.heard

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen where Home dials."""
        server = await asyncio.start_server(self._serve, HOST, self.port, limit=2**22)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for lines in self.told_by:
                lines.reset()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = Lines(reader, writer)
        self.told_by.append(lines)
        try:
            theirs = parse_hello(await lines.line())
            if not self.lets_in or theirs is None:
                return
            mine = Hello(self.name, self.life, theirs.name, new_hex())
            proof = parse_proof(await lines.ask(bytes(mine)))
            assert proof is not None
            assert is_proof(proof.digest, prove(self.secret, b"dialler", theirs, mine))
            lines.send(bytes(Proof(prove(self.secret, b"listener", theirs, mine), self.claims)))
            while True:
                self.told.put_nowait(await lines.line())
        except ConnectionError:
            pass
        finally:
            lines.reset()

    async def hears(self, client: bytes) -> list[bytes]:
        """Wait until it is told of a client; return the AT lines up to there."""
        found: list[bytes] = []
        while not found or found[-1].split(b" ")[3] != client:
            line = await within(self.told.get())
            if line.startswith(b"AT "):
                found.append(line)
        return found


class Stage:
    """A server called Home with the neighbours Alpha and Beta, which the test plays."""

    def __init__(self, server: RunningServer, alpha: Peer, beta: Peer, stack: AsyncExitStack, log: Path) -> None:
        self.server = server
        self.alpha = alpha
        self.beta = beta
        self.stack = stack
        self.log = log

    async def client(self) -> Lines:
        """Connect as a client."""
        return await self.stack.enter_async_context(talk(self.server.port))

    async def link(self, peer: Peer) -> tuple[Lines, int]:
        """Connect as a peer, proven; return also how far Home has heard it."""
        return await peer.dial(self.stack, self.server.port)

    async def answers(self) -> None:
        """Check that the server answers others."""
        async with talk(self.server.port) as client:
            assert (await client.ask(iamat(b"bystander"))).startswith(b"AT Home ")

    def knows(self, client: bytes) -> bytes | None:
        """Return what Home believes of a client."""
        return self.server.node.store.newest(client)

    async def logged(self, text: str) -> None:
        """Wait until the log has it: it is written in batches."""
        await until(lambda: text in self.log.read_text(), f"{text} in the log")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run Home between the two peers of the test."""
    async with AsyncExitStack() as stack:
        alpha, beta = Peer(ALPHA), Peer(BETA)
        for peer in (alpha, beta):
            await stack.enter_async_context(peer.listening())
        config = small_herd({"Home": ("Alpha", "Beta")}, {"Alpha": alpha.port, "Beta": beta.port})
        server = await stack.enter_async_context(running(config, "Home", tmp_path))
        async with AsyncExitStack() as connections:
            yield Stage(server, alpha, beta, connections, tmp_path / "Home.log")


async def test_an_at_line_from_a_client_is_refused_and_changes_nothing(stage: Stage) -> None:
    client = await stage.client()
    line = SEEN % b"c"
    assert await client.ask(line) == b"? " + line
    assert await client.ask(b"WHATSAT c 1 1") == b"? WHATSAT c 1 1"
    assert await client.ask(b"MARK 1 1") == b"? MARK 1 1"
    assert await client.ask(iamat(b"marker")) == stage.knows(b"marker")
    assert [line.split(b" ")[3] for line in await stage.alpha.hears(b"marker")] == [b"marker"]
    assert await client.ask(line) == b"? " + line
    assert stage.knows(b"c") is None


async def refused(stage: Stage, *writes: bytes) -> None:
    """Send these, each after a line that answers the one before, if any; the server must close."""
    async with talk(stage.server.port) as lines:
        for number, write in enumerate(writes):
            if number:
                await lines.line()
            lines.writer.write(write)
        await lines.rest()


async def refused_proof(stage: Stage, peer: Peer, role: bytes) -> None:
    """Prove the wrong thing, and tell a report behind it; the server must close."""
    async with talk(stage.server.port) as lines:
        mine = peer.hello()
        theirs = parse_hello(await lines.ask(bytes(mine)))
        assert theirs is not None
        lines.send(bytes(Proof(prove(peer.secret, role, mine, theirs))), SEEN % b"c", b"MARK 9 9")
        assert await lines.rest() == b""


async def test_peers_that_are_not_what_they_should_be_are_closed_and_change_nothing(stage: Stage) -> None:
    behind = b"\n" + SEEN % b"c" + b"\nMARK 9 9\n"
    alpha = stage.alpha
    own_life = Peer(ALPHA, stage.server.node.life)
    await asyncio.gather(
        refused(stage, bytes(Peer(b"Gamma").hello()) + behind),
        refused(stage, bytes(Peer(HOME).hello()) + behind),
        refused(stage, bytes(alpha.hello(version=2)) + behind),
        refused(stage, bytes(alpha.hello(version=0)) + behind),
        refused(stage, bytes(alpha.hello(to=BETA)) + behind),
        refused(stage, bytes(own_life.hello()) + behind),
        refused(stage, bytes(alpha.hello()) + behind),
        refused(stage, bytes(alpha.hello()) + b"\n", b"PROVE" + behind),
        refused(stage, bytes(alpha.hello()) + b"\n", b"PROVE " + b"0" * 64 + behind),
        refused(stage, bytes(alpha.hello()) + b"\n", b"x" * (LINE_LIMIT + 1)),
        refused_proof(stage, Peer(ALPHA, secret=b"another"), b"dialler"),
        refused_proof(stage, Peer(ALPHA, secret=b""), b"dialler"),
        refused_proof(stage, alpha, b"listener"),
    )
    await stage.answers()
    assert stage.knows(b"c") is None
    assert stage.server.links.hearings == {}
    for reason in (
        "calls itself b'Gamma', which is no neighbour",
        "calls itself b'Home', which is no neighbour",
        "speaks version 2",
        "speaks version 0",
        "wants b'Beta'",
        "has our own life",
        "wrong proof",
        "sent more than it may",
    ):
        await stage.logged(reason)


async def test_a_recorded_proof_is_worth_nothing_again(stage: Stage) -> None:
    lines = await stage.client()
    mine = stage.alpha.hello()
    theirs = parse_hello(await lines.ask(bytes(mine)))
    assert theirs is not None
    proof = bytes(Proof(prove(SECRET.encode(), b"dialler", mine, theirs)))
    assert parse_proof(await lines.ask(proof)) is not None
    await refused(stage, bytes(mine) + b"\n", proof + b"\n" + SEEN % b"c" + b"\n")
    # What it proved before goes on.
    lines.send(SEEN % b"marker", b"MARK 1 1")
    assert await lines.line() == b"ACK 1"
    assert stage.knows(b"marker") == SEEN % b"marker"
    assert stage.knows(b"c") is None


async def test_a_peer_that_proves_nothing_is_closed_after_a_while(stage: Stage) -> None:
    silent, half, gone = [await stage.client() for _ in range(3)]
    silent.send(bytes(stage.alpha.hello()))
    half.send(bytes(stage.alpha.hello()))
    gone.send(bytes(stage.alpha.hello()))
    assert [(await lines.line())[:5] for lines in (silent, half, gone)] == [b"HERD "] * 3
    half.writer.write(b"PROVE 00")
    gone.reset()
    await stage.answers()
    assert [*await asyncio.gather(silent.rest(), half.rest())] == [b"", b""]
    await stage.logged("did not prove itself in time")
    await stage.answers()


async def test_a_server_that_stops_leaves_no_connection_open_behind_it(tmp_path: Path) -> None:
    """Not even one on which a peer was about to prove itself, or one that it was about to dial."""
    async with AsyncExitStack() as stack:
        alpha, beta, mute = Peer(ALPHA), Peer(BETA), asyncio.Event()

        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            mute.set()
            await reader.read()
            writer.transport.abort()

        listener = await stack.enter_async_context(await asyncio.start_server(say_nothing, HOST, 0))
        beta.port = listener.sockets[0].getsockname()[1]
        await stack.enter_async_context(alpha.listening())
        config = small_herd({"Home": ("Alpha", "Beta")}, {"Alpha": alpha.port, "Beta": beta.port})
        async with running(config, "Home", tmp_path) as server:
            client, proving = [await stack.enter_async_context(talk(server.port)) for _ in range(2)]
            assert (await client.ask(iamat(b"c"))).startswith(b"AT Home ")
            proving.send(bytes(alpha.hello()))
            assert (await proving.line()).startswith(b"HERD 1 Home ")
            link, _ = await beta.dial(stack, server.port)
            await alpha.hears(b"c")
            await within(mute.wait())
        assert await client.rest() == b""
        assert await link.rest() in {b"", b"ACK 0\n"}  # while it waits for its peers to have heard the last
        assert await proving.rest() == b""


@pytest.mark.parametrize(
    "line",
    [
        b"HERD",
        b"HERD 1 Alpha",
        b"HERD one Alpha 0123456789abcdef Home 0123456789abcdef",
        b"HERD  1 Alpha 0123456789abcdef Home 0123456789abcdef",
        b" HERD 1 Alpha 0123456789abcdef Home 0123456789abcdef",
        b"HERD 1 Alpha 0123456789ABCDEF Home 0123456789abcdef",
        b"HERD 1 Alpha 0123456789abcdef Home 0123456789abcdef\r",
        b"HERD 1 Alpha 0123456789abcdef Home 0123456789abcdef 1",
        b"HERD 1 Alpha 012345 Home 0123456789abcdef",
        b"HERD " + b"x" * 1100,
        b"HERD " + b"x" * 70_000,
    ],
)
async def test_a_malformed_hello_is_a_clients_line(stage: Stage, line: bytes) -> None:
    client = await stage.client()
    copy = line if len(line) <= LINE_LIMIT else line[:1024]
    assert await client.ask(line) == b"? " + copy
    assert (await client.ask(iamat(b"c"))).startswith(b"AT Home ")
    hello = bytes(stage.alpha.hello())  # too late: the connection is a client's
    assert await client.ask(hello) == b"? " + hello


async def test_a_hello_in_pieces_is_a_hello_and_one_without_a_newline_a_clients_line(stage: Stage) -> None:
    whole, torn = await stage.client(), await stage.client()
    hello = bytes(stage.alpha.hello())
    for byte in hello:
        whole.writer.write(bytes([byte]))
        await whole.writer.drain()
        await asyncio.sleep(0)
    whole.writer.write(b"\n")
    assert (await whole.line()).startswith(b"HERD 1 Home ")
    torn.writer.write(hello)
    torn.writer.write_eof()
    assert await torn.rest() == b"? " + hello + b"\n"


async def test_what_a_peer_tells_is_known_and_flooded_with_its_bytes_unchanged(stage: Stage) -> None:
    link, heard = await stage.link(stage.alpha)
    assert heard == 0
    told = [
        SEEN % b"plain",
        SEEN % b"\xff\x00\x1f\x85\xa0",
        b"AT Somewhere-Else -3.000000001 odd -0-180 0",
        b"AT Alpha +275000000000.000000000 long +90.0+0 1520023934.123456789123456789",
        b"AT Home +1.000000000 ours +1+1 1520023934",
    ]
    link.send(*told, b"MARK 5 1")
    assert await link.line() == b"ACK 5"
    assert await stage.beta.hears(b"ours") == told
    client = await stage.client()
    for line in told:
        assert await client.around(line.split(b" ")[3]) == line


async def test_malformed_at_lines_and_unknown_words_are_counted_and_skipped_and_the_link_goes_on(
    stage: Stage,
) -> None:
    link, _ = await stage.link(stage.alpha)
    bad = [
        b"AT Alpha +0.5 c +34.068930-118.445127 1520023934.918963997",
        b"AT Alpha 0.500000000 c +34.068930-118.445127 1520023934.918963997",
        b"AT Alpha +0.500000000 c +91.068930-118.445127 1520023934.918963997",
        b"AT Alpha +0.500000000 c +34.068930-118.445127 1e9",
        b"AT Alpha +0.500000000 c +34.068930-118.445127 -1520023934",
        b"AT  Alpha +0.500000000 c +34.068930-118.445127 1520023934",
        b"AT Alpha +0.500000000 c +34.068930-118.445127 1520023934 ",
        b"AT Alpha +0.500000000 c +34.068930-118.445127 1520023934\r",
        b"AT %b +0.500000000 c +34.068930-118.445127 1520023934.918963997" % (b"n" * 65),
        SEEN % (b"c" * 1025),
        b"AT ",
        b"at",
        iamat(b"c"),
        b"WHATSAT c 1 1",
        b"MARK -1 1",
        b"MARK 1",
        b"MARK 1 1 1 1",
        b"ACK 1",
        b"HERD 1 Alpha 0123456789abcdef Home 0123456789abcdef",
        b"PROVE " + b"0" * 64,
        b"DIGEST 1 1 0",
        b"HAVE 1 2000 1",
        b"DIFFER 1 0=0",
        b"WANT 1 1 1",
        b"SEEN",
        b"SEEN 0123456789abcdef",
        b"SEEN 0123456789abcdef -1",
        b"TREE 1",
        b"TREE 1 Alpha Beta",
        b"TREE x Alpha",
        b"\xff\x00garbage",
        b"x" * LINE_LIMIT,
    ]
    for number, line in enumerate(bad, 1):
        link.send(line, b"", SEEN % b"good%d" % number, b"MARK %d 1" % number)
        await until(partial(stage.knows, b"good%d" % number), f"what came behind {line[:40]!r}")
    assert stage.server.links.hearings["Alpha"].malformed == len(bad)
    assert stage.knows(b"c") is None
    lines = await stage.beta.hears(b"good%d" % len(bad))
    assert [line.split(b" ")[3] for line in lines] == [b"good%d" % number for number in range(1, len(bad) + 1)]


async def test_a_secret_that_is_sent_on_a_link_stands_in_no_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await until(lambda: "Alpha" in stage.server.links.tellings, "the link to Alpha")
    link, _ = await stage.link(stage.alpha)
    for line in (b"AUTH hunter2", b"\tAUTH\thunter2", b" \vAUTH hunter2", b"? AUTH hunter2", b"PROVE hunter2"):
        link.send(line)
        stage.alpha.told_by[-1].send(line)
    link.send(b"MARK 1 1", b"stop here")
    stage.alpha.told_by[-1].send(b"or there")
    assert await link.line() == b"ACK 1"
    await stage.logged("stop here")
    await stage.logged("or there")
    assert "hunter2" not in stage.log.read_text()
    assert "hunter2" not in caplog.text


async def test_a_peer_that_sends_a_line_without_end_is_dropped_and_may_come_again(stage: Stage) -> None:
    link, _ = await stage.link(stage.alpha)
    link.send(SEEN % b"before", b"MARK 1 1")
    assert await link.line() == b"ACK 1"
    link.writer.write(b"x" * 2**20)
    assert await link.rest() == b""
    await stage.logged("is not heard any more: sent more than it may")
    await stage.answers()
    link, heard = await stage.link(stage.alpha)
    assert heard == 1
    link.send(SEEN % b"after", b"MARK 2 1")
    assert await link.line() == b"ACK 2"


async def test_a_torn_line_of_a_link_does_not_count(stage: Stage) -> None:
    link, _ = await stage.link(stage.alpha)
    link.writer.write(SEEN % b"whole" + b"\n" + SEEN % b"torn")
    await until(lambda: stage.knows(b"whole"), "the whole line")
    link.writer.write_eof()
    assert await link.rest() == b""
    await stage.answers()
    assert stage.knows(b"torn") is None


async def test_within_a_life_a_listener_says_how_far_it_heard_and_nothing_of_another_life(stage: Stage) -> None:
    for number in (3, 17):
        link, _ = await stage.link(stage.alpha)
        link.send(SEEN % b"c", b"MARK %d 1" % number)
        assert await link.line() == b"ACK %d" % number
        link.reset()
        await until(lambda: "Alpha" not in stage.server.links.hearings, "the link's end")
        again, heard = await stage.link(stage.alpha)
        assert heard == number
        again.reset()
    other, heard = await stage.link(Peer(ALPHA))
    assert heard == 0
    other.reset()
    _, heard = await stage.link(stage.beta)
    assert heard == 0


async def test_a_newer_connection_replaces_the_older_one(stage: Stage) -> None:
    older, _ = await stage.link(stage.alpha)
    newer, _ = await stage.link(stage.alpha)
    assert await older.rest() == b""
    newer.send(SEEN % b"c", b"MARK 4 1")
    assert await newer.line() == b"ACK 4"
    # In a moment two of one life: the one that lost must not take the other's place in the books.
    assert stage.server.links.hearings["Alpha"].number == 4
    third, _ = await stage.link(Peer(ALPHA))
    assert await newer.rest() == b""
    third.send(b"MARK 1 1")
    assert await third.line() == b"ACK 1"


async def told_from_now(peer: Peer) -> None:
    """Forget what the peer was told so far."""
    while not peer.told.empty():
        peer.told.get_nowait()


async def again(stage: Stage, peer: Peer, claims: int, life: bytes | None = None) -> None:
    """Have Home's link to the peer end, and the next one begin with this claim."""
    await until(lambda: peer.name.decode() in stage.server.links.tellings, "a link")
    telling = stage.server.links.tellings[peer.name.decode()]
    peer.claims = claims
    peer.life = life or peer.life
    await told_from_now(peer)
    peer.told_by[-1].reset()
    await until(lambda: stage.server.links.tellings.get(peer.name.decode(), telling) is not telling, "a new link")


async def number_of(stage: Stage, peer: Peer, client: bytes) -> int:
    """Wait until the peer is told of a client; return the number of the mark behind it."""
    await peer.hears(client)
    while (marked := parse_mark(await within(peer.told.get()))) is None:
        pass
    assert marked[0] <= stage.server.node.store.number
    return marked[0]


async def test_a_dialler_goes_on_from_where_its_peer_has_heard(stage: Stage) -> None:
    client = await stage.client()
    await client.ask(iamat(b"one"))
    number = await number_of(stage, stage.alpha, b"one")
    await again(stage, stage.alpha, number)
    await client.ask(iamat(b"two"))
    assert [line.split(b" ")[3] for line in await stage.alpha.hears(b"two")] == [b"two"]


async def test_a_claim_beyond_our_own_number_makes_the_dialler_start_at_0(stage: Stage) -> None:
    client = await stage.client()
    await client.ask(iamat(b"one"))
    number = await number_of(stage, stage.alpha, b"one")
    for claim in (number + 1, 10**18 - 1):
        await again(stage, stage.alpha, claim)
        assert [line.split(b" ")[3] for line in await stage.alpha.hears(b"one")] == [b"one"]


async def test_a_link_behind_gets_only_the_newest_report_of_each_client(stage: Stage) -> None:
    client = await stage.client()
    await until(lambda: "Alpha" in stage.server.links.tellings, "the first link")
    stage.alpha.lets_in = False
    stage.alpha.told_by[-1].reset()
    await until(lambda: "Alpha" not in stage.server.links.tellings, "the link's end")
    newest = [await client.ask(iamat(b"walker", b"15200239%02d" % second)) for second in range(50)][-1]
    marker = await client.ask(iamat(b"marker"))
    stage.alpha.lets_in = True
    assert await stage.alpha.hears(b"marker") == [newest, marker]


async def test_a_link_behind_gets_what_two_origins_changed_by_turns_in_one_turn(stage: Stage) -> None:
    await until(lambda: "Alpha" in stage.server.links.tellings, "the first link")
    stage.alpha.lets_in = False
    stage.alpha.told_by[-1].reset()
    await until(lambda: "Alpha" not in stage.server.links.tellings, "the link's end")
    store, turn = stage.server.node.store, stage.server.node.turn
    for second, origin in enumerate([OWN_CLIENTS, b"a peer's life", OWN_CLIENTS]):
        line = b"AT Home +1.000000000 c +1+1 152002393%d" % second
        assert store.put(parse_at(line), turn.batch(origin))
    await turn.kept()
    client = await stage.client()
    marker = await client.ask(iamat(b"marker"))
    stage.alpha.lets_in = True
    assert await stage.alpha.hears(b"marker") == [line, marker]


async def test_what_a_peer_told_is_not_sent_back_to_that_life_but_to_a_new_one(stage: Stage) -> None:
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    link, _ = await stage.link(stage.alpha)
    link.send(SEEN % b"theirs", b"MARK 1 1")
    assert await link.line() == b"ACK 1"
    assert await stage.beta.hears(b"theirs") == [SEEN % b"theirs"]
    client = await stage.client()
    marker = await client.ask(iamat(b"marker"))
    assert await stage.alpha.hears(b"marker") == [marker]
    await again(stage, stage.alpha, 0)  # also where a link begins at 0
    assert await stage.alpha.hears(b"marker") == [marker]
    await again(stage, stage.alpha, 0, new_hex())
    assert await stage.alpha.hears(b"marker") == [SEEN % b"theirs", marker]


async def test_an_idle_link_has_a_heartbeat_and_one_on_which_nothing_comes_is_dropped(stage: Stage) -> None:
    client = await stage.client()
    await client.ask(iamat(b"one"))
    number = await number_of(stage, stage.alpha, b"one")
    while True:
        line = await within(stage.alpha.told.get())
        marked = parse_mark(line)
        assert marked or line.startswith(b"TREE ")
        if marked and marked[0] == number:
            break
    # The test's peers acknowledge nothing, so both links are dropped, and dialled again.
    await stage.logged("is not told our feed: silent for 6 s")
    await until(lambda: len(stage.alpha.told_by) > 1, "another link")


async def test_a_peer_that_takes_nothing_costs_others_nothing_and_bounded_memory(stage: Stage) -> None:
    # Alpha stops taking; Beta and a client get all there is.
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    stage.alpha.told_by[-1].writer.transport.pause_reading()  # type: ignore[attr-defined]
    client = await stage.client()
    big = b"c" * 1000
    telling = stage.server.links.tellings["Alpha"]
    for number in range(60):
        client.send(*[iamat(b"%b%d-%d" % (big, number, each)) for each in range(200)])
        await client.lines(200)
        await stage.beta.hears(b"%b%d-199" % (big, number))
        if telling.wire.blocked:
            break
    assert telling.wire.blocked
    cursor = telling.cursor
    await client.ask(iamat(b"marker"))
    await stage.beta.hears(b"marker")
    assert telling.cursor == cursor
    assert "Alpha" in stage.server.links.tellings
    stage.alpha.told_by[-1].writer.transport.resume_reading()  # type: ignore[attr-defined]
    await stage.alpha.hears(b"marker")


@asynccontextmanager
async def pair(folder: Path, secret: str | None = SECRET) -> AsyncIterator[tuple[RunningServer, RunningServer]]:
    """Run two servers that are linked."""
    config = pair_config(secret)
    async with running(config, "Left", folder) as left, running(config, "Right", folder) as right:
        await until(lambda: left.links.tellings and right.links.tellings, "both links")
        yield left, right


def pair_config(secret: str | None = SECRET) -> Config:
    left, right = free_ports(2)
    return small_herd({"Left": ("Right",), "Right": ("Left",)}, {"Left": left, "Right": right}, secret)


def holds(server: RunningServer) -> dict[bytes, bytes]:
    return {client: report[1] for client, report in server.node.store.reports.items()}


def says(log: Path, text: str, times: int) -> bool:
    return log.read_text().count(text) == times


def slip_in(server: RunningServer, line: bytes) -> None:
    """Put a report into the store behind the feed's back, as a bug might."""
    report = parse_at(line)
    server.node.store.reports[report.client] = (report.rank[0], line, 0, OWN_CLIENTS, report.client)


async def test_a_digest_repairs_what_the_feed_never_told(tmp_path: Path) -> None:
    async with pair(tmp_path) as (left, right):
        for number in range(4000):
            slip_in(left, SEEN % b"same%d" % number)
            slip_in(right, SEEN % b"same%d" % number)
        for number in range(300):
            slip_in(left, SEEN % b"left%d" % number)
            slip_in(right, SEEN % b"right%d" % number)
        newer, older = SEEN % b"both", SEEN.replace(b"1520023934", b"1520023933") % b"both"
        slip_in(left, newer)
        slip_in(right, older)
        left.links.tellings["Right"].repair_soon(left.node.clock())
        await until(lambda: right.node.store.newest(b"both") == newer, "the newer report")
        await until(lambda: len(holds(right)) == 4601, "what the left one has")
        assert len(holds(left)) == 4301  # one way only
        right.links.tellings["Left"].repair_soon(right.node.clock())
        await until(lambda: holds(left) == holds(right), "the two to agree")
        assert left.node.store.newest(b"both") == newer


async def test_a_repair_leaves_out_what_may_still_be_under_way(tmp_path: Path) -> None:
    async with pair(tmp_path) as (left, right):
        heard = parse_at(SEEN % b"c").heard
        slip_in(left, SEEN % b"c")
        slip_in(left, SEEN.replace(b"1520023934", b"1520023933") % b"earlier")
        left.links.tellings["Right"].repair_soon(heard)
        await until(lambda: right.node.store.newest(b"earlier"), "the one that was heard before")
        assert right.node.store.newest(b"c") is None
        left.links.tellings["Right"].repair_soon(heard + 1)
        await until(lambda: right.node.store.newest(b"c"), "the other")


async def test_after_two_repairs_what_still_differs_is_left_until_it_changes(tmp_path: Path) -> None:
    async with pair(tmp_path) as (left, right):
        newer, older = SEEN % b"c", SEEN.replace(b"1520023934", b"1520023933") % b"c"
        slip_in(left, older)
        slip_in(right, newer)  # the left one cannot mend that the right one is ahead
        log = tmp_path / "Left.log"
        for number in range(1, 5):
            left.links.tellings["Right"].repair_soon(left.node.clock())
            await until(partial(says, log, "> DONE", number), f"repair {number}")
        assert "differs after 2 repairs: left as it is" in log.read_text()
        assert log.read_text().count("> HAVE") == 2
        slip_in(left, SEEN.replace(b"1520023934", b"1520023935") % b"c")
        left.links.tellings["Right"].repair_soon(left.node.clock())
        await until(lambda: holds(left) == holds(right), "the change to be mended")


async def trim_the_log(server: RunningServer) -> None:
    """Make so many changes that the log does not go back to 0 any more."""
    store, turn = server.node.store, server.node.turn
    changes = 0
    while store.reaches(0):
        assert changes <= 3 * LOG_LEAST
        for client in range(1000):
            line = b"AT Left +1.000000000 %d %b %d" % (client, HERE, 1_520_000_000 + changes // 1000)
            store.put(parse_at(line), turn.batch(OWN_CLIENTS))
        changes += 1000
        await asyncio.sleep(0)  # the turn ends


async def test_a_link_starts_with_a_digest_where_the_log_does_not_reach_back(tmp_path: Path) -> None:
    config = pair_config()
    async with running(config, "Left", tmp_path) as left:
        await trim_the_log(left)
        assert len(holds(left)) == 1000
        async with running(config, "Right", tmp_path) as right:
            await until(lambda: holds(left) == holds(right), "the two to agree")
            async with talk(left.port) as client:
                line = await client.ask(iamat(b"after"))
            await until(lambda: right.node.store.newest(b"after") == line, "what came after")
    told = [line for line in (tmp_path / "Left.log").read_text().splitlines() if " to-Right > " in line]
    words = [line.split(" ")[3] for line in told]
    assert "DIGEST" in words
    assert words.index("DIGEST") < words.index("AT")
    assert words.index("AT") < words.index("DONE")
    assert "HAVE" not in words  # who holds nothing is told everything


async def test_a_link_that_falls_behind_the_log_is_mended_by_a_digest(tmp_path: Path) -> None:
    async with pair(tmp_path) as (left, right):
        telling = left.links.tellings["Right"]
        await trim_the_log(left)  # while it follows, it has it all
        await until(lambda: holds(left) == holds(right), "the two to agree")
        number = left.node.store.number
        await until(lambda: telling.acknowledged == number, "the last acknowledgement")
        slip_in(left, SEEN % b"lost")
        telling.cursor = 0  # as if the peer had taken nothing for long
        async with talk(left.port) as client:
            await client.ask(iamat(b"after"))
        await until(lambda: holds(left) == holds(right), "the two to agree again")
        assert left.links.tellings["Right"] is telling


async def test_a_digest_of_everything_leaves_nothing_out(stage: Stage) -> None:
    link, _ = await stage.link(stage.alpha)
    client = await stage.client()
    await client.ask(iamat(b"own"))
    link.send(b" ".join([b"DIGEST 3 %d 0 0" % ALWAYS, *[b"0"] * 1024]))
    answer = await link.line()
    assert answer.startswith(b"DIFFER 3 ")
    bucket = int(answer.split()[2].partition(b"=")[0])
    link.send(b"HAVE 3 %d 1 2 ff" % bucket)
    assert await link.line() == b"WANT 3 %d 1 2 ff" % bucket
    link.send(b"DONE 3", b"MARK 7 1")
    assert parse_ack(await link.line()) == (7, False)


async def test_answers_to_digests_that_were_not_offered_are_skipped(stage: Stage) -> None:
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    link = stage.alpha.told_by[-1]
    link.send(b"DIFFER 99 0=1", b"WANT 1 1 1", b"ACK x", b"AT", SEEN % b"c", b"", b"MARK 1 1", b"\xff", b"ACK 0")
    client = await stage.client()
    await client.ask(iamat(b"marker"))
    await stage.alpha.hears(b"marker")
    await until(lambda: stage.server.links.tellings["Alpha"].acknowledged == 0, "the acknowledgement")
    assert stage.knows(b"c") is None


async def test_a_peer_that_answers_digests_out_of_order_costs_only_its_link(stage: Stage) -> None:
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    stage.server.links.tellings["Alpha"].repair_soon(ALWAYS - 1)
    while (offered := parse_digest(await within(stage.alpha.told.get()))) is None:
        pass
    stage.alpha.told_by[-1].send(b"WANT %d 1 1" % offered[0])
    await stage.logged("answered digests out of order")
    client = await stage.client()
    await client.ask(iamat(b"marker"))
    await stage.beta.hears(b"marker")
    await stage.alpha.hears(b"marker")  # on the next link


async def test_without_a_secret_servers_on_loopback_talk(tmp_path: Path) -> None:
    async with pair(tmp_path, None) as (left, right):
        async with talk(left.port) as client:
            line = await client.ask(iamat(b"c"))
        await until(lambda: right.node.store.newest(b"c") == line, "the report")


class FarTransport(asyncio.Transport):
    """A connection that came from another machine, as far as anyone can tell."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 4242)})
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += data

    def abort(self) -> None:
        """Take note."""
        self.aborted = True


async def test_without_a_secret_a_server_from_elsewhere_is_closed(tmp_path: Path) -> None:
    config = small_herd({"Home": ("Alpha",)}, {"Alpha": free_ports(1)[0]}, None)
    async with running(config, "Home", tmp_path) as server:
        far = FarTransport()
        server.links.meet(Peer(ALPHA, secret=b"").hello(), far, b"")
        assert far.aborted
        assert far.written == b""
        await until(lambda: "over loopback only" in (tmp_path / "Home.log").read_text(), "the reason in the log")


async def test_a_peer_that_offers_buckets_out_of_order_is_dropped_and_others_are_answered(stage: Stage) -> None:
    link, _ = await stage.link(stage.alpha)
    link.send(b" ".join([b"DIGEST 4 %d 0 0" % ALWAYS, *[b"0"] * 1024]))
    assert (await link.line()).startswith(b"DIFFER 4")
    link.send(b"HAVE 4 9 1", b"HAVE 4 7 1")
    assert await link.line() == b"WANT 4 9 1"
    assert await link.rest() == b""
    await stage.logged("offers buckets out of order")
    await stage.answers()


async def test_a_peer_that_never_reads_what_it_asked_for_is_dropped(stage: Stage) -> None:
    link, _ = await stage.link(stage.alpha)
    link.send(b" ".join([b"DIGEST 5 %d 0 0" % ALWAYS, *[b"0"] * 1024]))
    assert (await link.line()).startswith(b"DIFFER 5")
    question = b"HAVE 5 9 " + b" ".join([b"%x" % value for value in range(2**60, 2**60 + 2000)]) + b"\n"

    async def ask_on_and_on() -> None:
        for _ in range(10_000):  # 340 MB: more than any buffers between us take
            link.writer.write(question)
            await link.writer.drain()

    with pytest.raises(ConnectionError):
        await within(ask_on_and_on())
    await stage.logged("does not take the answers to its digests")
    await stage.answers()


JUNK = 30_000  # lines of 2 bytes: they come in one piece


async def turns_until(condition: Callable[[], object]) -> None:
    """Look after every turn of the loop."""
    for _ in range(10**6):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("waited in vain")


async def test_a_peer_that_tells_nonsense_has_it_skipped_a_little_at_a_time(stage: Stage) -> None:
    link, _ = await stage.link(stage.alpha)
    hearing = stage.server.links.hearings["Alpha"]
    link.send(*[b"x"] * JUNK, SEEN % b"behind", b"MARK 1 1")
    await turns_until(lambda: hearing.malformed)
    assert hearing.malformed <= 200
    assert hearing.number == 0
    await stage.answers()
    assert await link.line() == b"ACK 1"
    assert hearing.malformed == JUNK
    assert stage.knows(b"behind")


async def test_a_peer_that_acknowledges_with_nonsense_has_it_skipped_a_little_at_a_time(stage: Stage) -> None:
    await until(lambda: stage.server.links.tellings.get("Alpha"), "the link")
    telling = stage.server.links.tellings["Alpha"]
    before = telling.wire.last_byte
    stage.alpha.told_by[-1].send(*[b"x"] * JUNK, b"ACK 0")
    await turns_until(lambda: telling.wire.last_byte != before)
    assert telling.acknowledged is None
    await stage.answers()
    await until(lambda: telling.acknowledged == 0, "the acknowledgement")


async def off_the_tree(stage: Stage) -> tuple[Lines, Lines]:
    """Have Alpha be the root, and Beta nearer to it than Home: the edge to Beta is not of the tree."""
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    alpha, beta = [(await stage.link(peer))[0] for peer in (stage.alpha, stage.beta)]
    alpha.send(b"TREE 9 Alpha")
    beta.send(b"TREE 9 Alpha Beta")
    await until(lambda: not stage.server.links.tellings["Beta"].eager, "Beta to be off the tree")
    assert stage.server.links.tellings["Alpha"].eager
    await told_from_now(stage.beta)
    return alpha, beta


async def test_a_link_off_the_tree_is_told_nothing_that_is_acknowledged_in_time(stage: Stage) -> None:
    await off_the_tree(stage)
    client = await stage.client()
    for number in range(5):
        await client.ask(iamat(b"c%d" % number))
        await stage.alpha.hears(b"c%d" % number)  # at once
        stage.beta.told_by[-1].send(b"ACK %d" % stage.server.node.store.number)
    number = stage.server.node.store.number
    await until(lambda: stage.server.links.tellings["Beta"].acknowledged == number, "the acknowledgements")
    late = await client.ask(iamat(b"late"))
    assert await stage.beta.hears(b"late") == [late]


async def test_a_link_off_the_tree_tells_late_and_once_what_is_not_acknowledged(stage: Stage) -> None:
    _, beta = await off_the_tree(stage)
    telling = stage.server.links.tellings["Beta"]
    client = await stage.client()
    lines = [await client.ask(iamat(b"c%d" % number)) for number in range(3)]
    assert await stage.beta.hears(b"c2") == lines
    assert stage.server.links.tellings["Beta"] is telling  # and not the next, because this was silent
    while (marked := parse_mark(await within(stage.beta.told.get()))) is None:
        pass
    assert marked[0] == stage.server.node.store.number
    beta.send(b"TREE 9 Alpha Home Beta")  # now of the tree
    await until(lambda: stage.server.links.tellings["Beta"].eager, "Beta to be of the tree")
    marker = await client.ask(iamat(b"marker"))
    assert await stage.beta.hears(b"marker") == [marker]


async def test_a_number_that_we_never_had_is_not_believed_to_be_acknowledged(stage: Stage) -> None:
    """A third server may have said so of our life: it costs others nothing but that they are told late."""
    await off_the_tree(stage)
    client = await stage.client()
    telling = stage.server.links.tellings["Beta"]
    stage.beta.told_by[-1].send(b"ACK 999999999999999999")
    await until(lambda: telling.acknowledged is not None, "the acknowledgement")
    line = await client.ask(iamat(b"c"))
    assert await stage.beta.hears(b"c") == [line]
    assert stage.server.links.tellings["Beta"] is telling  # and not the next, because this was silent


async def test_a_link_that_joins_the_tree_is_told_at_once_from_where_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owed, "LEAST", 10**9)
    monkeypatch.setattr(owed, "LONGEST", 10**9)  # so nothing is ever late
    _, beta = await off_the_tree(stage)
    client = await stage.client()
    await client.ask(iamat(b"known"))
    stage.beta.told_by[-1].send(b"ACK %d" % stage.server.node.store.number)
    await until(lambda: stage.server.links.tellings["Beta"].acknowledged, "the acknowledgement")
    lines = [await client.ask(iamat(b"c%d" % number)) for number in range(3)]
    beta.send(b"TREE 9 Alpha Home Beta")
    assert await stage.beta.hears(b"c2") == lines


async def test_what_others_are_said_to_hold_is_passed_on_behind_what_it_stands_for(stage: Stage) -> None:
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    link, _ = await stage.link(stage.alpha)
    other = new_hex()
    link.send(*[SEEN % b"c%d" % number for number in range(300)], b"MARK 3 1", b"SEEN %b 5" % other)
    heard: list[bytes] = []
    while not any(line.startswith(b"SEEN") and other in line for line in heard):
        heard.append(await within(stage.beta.told.get()))
    assert [line for line in heard if line.startswith(b"AT ")] == [SEEN % b"c%d" % number for number in range(300)]
    claims = [claim for line in heard for claim in parse_seen(line) or []]
    assert sorted(claims) == sorted([(stage.alpha.life, 3), (other, 5)])
    link.send(b"SEEN %b 5 %b 4" % (other, other), b"SEEN %b 6" % other)  # only the last is news
    while not (seen := parse_seen(await within(stage.beta.told.get()))):
        pass
    assert seen == [(other, 6)]


async def test_a_feed_that_others_told_is_acknowledged_and_claimed_at_the_next_connection(stage: Stage) -> None:
    alpha, _ = await stage.link(stage.alpha)
    beta, _ = await stage.link(stage.beta)
    alpha.send(b"MARK 0 1", SEEN % b"c", b"SEEN %b 7" % stage.beta.life)
    assert await beta.line() == b"ACK 7"
    beta.reset()
    await until(lambda: "Beta" not in stage.server.links.hearings, "the link's end")
    assert (await stage.link(stage.beta))[1] == 7


async def test_a_peer_that_says_nothing_of_a_tree_is_told_at_once_by_one_that_does(stage: Stage) -> None:
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    alpha, _ = await stage.link(stage.alpha)
    await stage.link(stage.beta)
    alpha.send(b"TREE 9 Alpha")
    await until(lambda: stage.server.links.routing.place.way[0] == ALPHA, "the root")
    assert stage.server.links.tellings["Beta"].eager
    client = await stage.client()
    line = await client.ask(iamat(b"c"))
    assert await stage.beta.hears(b"c") == [line]
    alpha.reset()
    await until(lambda: stage.server.links.routing.place.way[0] == HOME, "Home to be the root again")


async def test_a_peer_that_stands_still_is_left_out_of_the_tree(stage: Stage) -> None:
    await off_the_tree(stage)
    assert stage.server.links.routing.place.parent == ALPHA
    client = await stage.client()
    await client.ask(iamat(b"c"))  # which Alpha never acknowledges
    number = stage.server.node.store.number

    def elsewhere() -> bool:
        stage.beta.told_by[-1].send(b"ACK %d" % number)
        return stage.server.links.routing.place.parent == BETA

    await until(elsewhere, "the way by Beta")
    assert stage.server.links.tellings["Beta"].eager
    assert stage.server.links.tellings["Alpha"].stuck


async def begin_with_everything(stage: Stage) -> int:
    """Have Home offer Alpha a digest of everything; return its round."""
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    await trim_the_log(stage.server)
    await again(stage, stage.alpha, 0)
    while (offered := parse_digest(await within(stage.alpha.told.get()))) is None:
        pass
    return offered[0]


async def ended(peer: Peer, number: int) -> list[bytes]:
    """Wait for the end of a round; return what came before it."""
    heard: list[bytes] = []
    while not heard or heard[-1] != b"DONE %d" % number:
        heard.append(await within(peer.told.get()))
    return heard[:-1]


async def test_who_has_all_by_another_way_is_spared_a_digest_of_everything(stage: Stage) -> None:
    number = await begin_with_everything(stage)
    stage.alpha.told_by[-1].send(b"ACK %d" % stage.server.node.store.number)
    assert not [line for line in await ended(stage.alpha, number) if line.startswith(b"AT ")]
    client = await stage.client()
    line = await client.ask(iamat(b"c"))
    assert await stage.alpha.hears(b"c") == [line]


async def test_who_has_all_by_another_way_while_digests_are_compared_keeps_its_link(stage: Stage) -> None:
    number = await begin_with_everything(stage)
    telling, link = stage.server.links.tellings["Alpha"], stage.alpha.told_by[-1]
    link.send(b"DIFFER %d " % number + b" ".join([b"%d=1" % bucket for bucket in range(1024)]))
    have = None
    while have is None:
        have = parse_hashes(await within(stage.alpha.told.get()))
    for _ in range(20):
        link.send(b"ACK %d" % stage.server.node.store.number)
    link.send(b"WANT %d %d" % (number, have[2]))
    while not (line := await within(stage.alpha.told.get())).startswith(b"DONE"):
        assert not telling.wire.lost.done()
        if have := parse_hashes(line):
            link.send(b"WANT %d %d" % (number, have[2]))
    assert stage.server.links.tellings["Alpha"] is telling
    assert not telling.wire.lost.done()


EVERYTHING = b" ".join([b"DIGEST 3 %d 0 0" % ALWAYS, *[b"0"] * 1024])


async def test_of_two_peers_that_begin_with_everything_one_goes_after_the_other(stage: Stage) -> None:
    alpha, _ = await stage.link(stage.alpha)
    beta, _ = await stage.link(stage.beta)
    alpha.send(EVERYTHING)
    assert await alpha.line() == b"DIFFER 3"
    beta.send(EVERYTHING, b"MARK 1 1")
    assert await beta.line() == b"ACK 1"
    alpha.send(SEEN % b"c", b"DONE 3")
    assert (await beta.line()).startswith(b"DIFFER 3 ")  # it knows of c by now
    assert stage.knows(b"c")


async def test_of_two_peers_that_begin_with_everything_the_second_does_not_wait_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "FILL_SECONDS", 0.1)
    alpha, _ = await stage.link(stage.alpha)
    beta, _ = await stage.link(stage.beta)
    alpha.send(EVERYTHING)
    assert await alpha.line() == b"DIFFER 3"
    for number in (1, 2):
        beta.send(EVERYTHING)
        assert await beta.line() == b"DIFFER 3", number
    alpha.reset()
    await until(lambda: "Alpha" not in stage.server.links.hearings, "the link's end")
    await until(lambda: not stage.server.links.routing.filling.locked(), "the end of its turn")


async def test_a_server_that_says_the_place_of_another_is_not_believed(stage: Stage) -> None:
    await until(lambda: len(stage.server.links.tellings) == 2, "both links")
    alpha, _ = await stage.link(stage.alpha)
    hearing = stage.server.links.hearings["Alpha"]
    for number, way in enumerate((b"Alpha Beta", b"Beta", b"Alpha Home", b"Alpha " * 64 + b"Beta"), 1):
        alpha.send(b"TREE 9 " + way, b"MARK %d 1" % number)
        assert await alpha.line() == b"ACK %d" % number
        assert (hearing.place, hearing.malformed) == (None, number)
    alpha.send(b"TREE 9 Beta Alpha")
    await until(lambda: stage.server.links.routing.place.way == (BETA, ALPHA, HOME), "the way by Alpha")
    alpha.send(b"TREE 9 Gamma Beta", b"MARK 9 1")  # nor does it take back what was said before
    assert await alpha.line() == b"ACK 9"
    assert stage.server.links.routing.place.way == (BETA, ALPHA, HOME)


async def test_a_link_off_the_tree_waits_while_another_fills_its_peer(stage: Stage) -> None:
    """Beta acknowledges nothing, but says again and again that others are telling it, and at last no more."""
    await off_the_tree(stage)
    beta, telling = stage.beta.told_by[-1], stage.server.links.tellings["Beta"]
    client = await stage.client()
    lines = [await client.ask(iamat(b"c%d" % number)) for number in range(3)]
    begun = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() < begun + 4 * owed.LEAST * routing.LOOK:
        beta.send(b"ACK 0 MORE")
        stage.alpha.told_by[-1].send(b"ACK %d" % stage.server.node.store.number)
        await asyncio.sleep(routing.LOOK)
    told = []
    while not stage.beta.told.empty():
        told.append(stage.beta.told.get_nowait())
    assert not [line for line in told if line.startswith(b"AT ")]
    assert telling.owes
    assert not telling.eager
    assert await stage.beta.hears(b"c2") == lines  # all that Beta would have been told, once nobody tells it more
    assert not telling.eager


async def heard_for(lines: Lines, seconds: float) -> list[bytes]:
    """Return what comes in so many seconds."""
    heard: list[bytes] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                heard.append((await lines.reader.readline()).rstrip(b"\n"))
    return heard


async def test_while_a_peer_fills_the_others_are_told_to_wait_and_no_more_when_it_stalls(stage: Stage) -> None:
    alpha, _ = await stage.link(stage.alpha)
    beta, _ = await stage.link(stage.beta)
    alpha.send(b"MARK 0 1 1000")
    for number in range(1, 6):
        alpha.send(SEEN % b"c%d" % number)
        while await beta.line() != b"ACK 0 MORE":
            pass  # a heartbeat
    await heard_for(beta, 4 * routing.LOOK)
    assert b"ACK 0 MORE" not in await heard_for(beta, 10 * routing.LOOK)  # it stalls
    alpha.send(SEEN % b"c6")
    while await beta.line() != b"ACK 0 MORE":
        pass
    alpha.send(b"MARK 1000 1")
    while await alpha.line() != b"ACK 1000":
        pass
    alpha.send(SEEN % b"c7", b"MARK 1001 1 2000")  # from now on it is as any other
    while await alpha.line() != b"ACK 1001":
        pass
    assert b"ACK 0 MORE" not in await heard_for(beta, 10 * routing.LOOK)


async def test_who_fills_is_not_told_to_wait_for_itself_but_two_are_for_each_other(stage: Stage) -> None:
    alpha, _ = await stage.link(stage.alpha)
    beta, _ = await stage.link(stage.beta)
    alpha.send(b"MARK 0 1 1000", SEEN % b"c1", b"MARK 1 1 1000")
    while await beta.line() != b"ACK 0 MORE":
        pass
    assert await alpha.line() == b"ACK 1"
    for number in range(50):
        alpha.send(SEEN % b"a%d" % number)
        beta.send(SEEN % b"b%d" % number)
        await asyncio.sleep(routing.LOOK / 5)
    while await alpha.line() != b"ACK 1 MORE":
        pass


async def test_a_peer_fills_as_long_as_it_tells_what_is_new_and_not_by_mere_words(stage: Stage) -> None:
    await stage.link(stage.alpha)
    hearing = stage.server.links.hearings["Alpha"]
    known = SEEN % b"known"

    def fills(*lines: bytes) -> bool:
        """Let it say something, and look twice, before anyone else does."""
        hearing.wire.data_received(b"".join([line + b"\n" for line in lines]))
        found = hearing.fills()
        assert not hearing.fills(), "nothing came since the look before"
        return found

    assert not fills(b"MARK 0 1 1000")
    assert not fills(b"MARK 0 1 2000", b"SEEN %b 5" % new_hex(), b"TREE 9 Alpha", b"garbage")
    assert not fills(b"MARK 7 1 2000")
    assert fills(known)
    await asyncio.sleep(0)  # the turn ends
    assert not fills(known)
    assert fills(SEEN % b"another", b"MARK 1999 1 2000")
    assert not fills(b"MARK 2000 1")  # which was all
    assert not fills(SEEN % b"later", b"MARK 2001 1 9000")


async def test_nobody_waits_for_ever_while_a_peer_fills(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.link(stage.alpha)
    hearing = stage.server.links.hearings["Alpha"]
    hearing.wire.data_received(b"MARK 0 1 1000\n%b\n" % (SEEN % b"c1"))
    assert hearing.fills()
    monkeypatch.setattr(links_hearing, "FILL_SECONDS", 0.0)
    hearing.wire.data_received(b"%b\n" % (SEEN % b"c2"))
    assert not hearing.fills()


async def test_a_life_is_believed_more_than_what_others_say_of_it(stage: Stage) -> None:
    alpha, _ = await stage.link(stage.alpha)
    beta, _ = await stage.link(stage.beta)
    alpha.send(b"SEEN %b 99999999999999999" % stage.beta.life)
    while await beta.line() != b"ACK 99999999999999999":
        pass
    beta.send(SEEN % b"c1", b"MARK 3 1")
    while await beta.line() != b"ACK 3":
        pass


async def test_a_server_that_had_no_room_for_everybody_vouches_for_nobody(stage: Stage) -> None:
    alpha, _ = await stage.link(stage.alpha)
    stage.server.node.store.acceptance.raise_floor(1)
    alpha.send(SEEN % b"c1", b"MARK 5 1")
    while await alpha.line() != b"ACK 5":  # at that look Beta would hear that Home has seen it
        pass
    client = await stage.client()
    await client.ask(iamat(b"marker"))
    told: list[bytes] = []
    while not (told and told[-1].startswith(b"AT Home ")):
        told.append(await within(stage.beta.told.get()))
    assert SEEN % b"c1" in told
    assert not [line for line in told if line.startswith(b"SEEN ")]


async def test_a_peer_that_talks_and_acknowledges_nothing_is_left_out_of_the_tree_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links_telling, "LONGEST", 20)
    await off_the_tree(stage)
    assert stage.server.links.routing.place.parent == ALPHA
    client = await stage.client()
    await client.ask(iamat(b"c"))
    number = stage.server.node.store.number

    def elsewhere() -> bool:
        stage.alpha.told_by[-1].send(b"ACK %d" % (number - 1))
        stage.beta.told_by[-1].send(b"ACK %d" % number)
        return stage.server.links.routing.place.parent == BETA

    await until(elsewhere, "the way by Beta")
