"""A server's doors: out of descriptors, over IPv6, and fair to all connections."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from herd.config import Address, Config, Server
from herd.exchange import SLOW_LINES, Exchange
from herd.server import RunningServer
from herd.traffic import TrafficLog
from tests.herding import HOST, ROOT, free_ports, iamat, running, talk, until

ALONE = Config({"Home": Server("Home", Address(HOST, 0), Address(HOST, 0), ())})


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """Run a server without neighbours."""
    async with running(ALONE, "Home", tmp_path) as server:
        yield server


async def test_a_connection_beyond_the_last_descriptor_is_closed_and_the_others_go_on(home: RunningServer) -> None:
    async with talk(home.port) as earlier:
        assert (await earlier.ask(iamat(b"a"))).startswith(b"AT Home")
        home.node.admission.last_descriptor = 0
        async with talk(home.port) as late:
            assert await late.rest() == b""
        assert (await earlier.ask(iamat(b"b"))).startswith(b"AT Home")
        home.node.admission.last_descriptor = sys.maxsize
        async with talk(home.port) as again:
            assert (await again.ask(iamat(b"c"))).startswith(b"AT Home")


@pytest.fixture
def poor(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Run a server that may have 192 descriptors; return its ports, TCP and HTTP."""
    tcp, http = free_ports(2)
    config = tmp_path / "herd.toml"
    config.write_text(f'[servers.Home]\ntcp = "{HOST}:{tcp}"\nhttp = "{HOST}:{http}"\n')
    command = [sys.executable, "run.py", "Home", "--config", str(config), "--data", str(tmp_path)]
    shell = ["sh", "-c", 'ulimit -n 192 && exec "$@"', "sh"]
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen([*shell, *command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield tcp, http
        assert (tmp_path / "out").read_text() == ""
    finally:
        process.kill()
        process.wait()


async def test_a_process_with_few_descriptors_answers_while_more_connect_than_it_can_have(
    poor: tuple[int, int],
) -> None:
    tcp, http = poor
    await until(lambda: _accepts(http), "the server")
    async with talk(tcp) as earlier, AsyncExitStack() as stack:
        assert (await earlier.ask(iamat(b"a"))).startswith(b"AT Home")
        for _ in range(300):
            await stack.enter_async_context(talk(tcp))
        for _ in range(50):
            assert (await earlier.ask(iamat(b"a"))).startswith(b"AT Home")
    for _ in range(1_000):  # until the server has seen that they are gone
        with suppress(ConnectionError):
            async with talk(tcp) as later:
                assert (await later.ask(iamat(b"b"))).startswith(b"AT Home")
                return
    pytest.fail("nobody is let in any more")


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


async def test_servers_listen_and_link_over_ipv6(tmp_path: Path) -> None:
    ports = []
    try:
        for _ in range(2):
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
                ports.append(probe.getsockname()[1])
    except OSError:
        pytest.skip("this machine has no IPv6")
    names = ("One", "Two")
    servers = {
        name: Server(
            name, Address("::1", port), Address("::1", 0), tuple(other for other in names if other != name)
        )
        for name, port in zip(names, ports, strict=True)
    }
    config = Config(servers)
    async with running(config, "One", tmp_path) as one, running(config, "Two", tmp_path) as two:
        async with talk(one.port, "::1") as client:
            answer = await client.ask(iamat(b"a"))
        await until(lambda: two.node.store.newest(b"a") == answer, "the report at the other server")


async def test_lines_off_the_fast_lane_are_carried_out_a_share_at_a_time(home: RunningServer) -> None:
    exchange = Exchange(home.node, "#test", lambda: None)
    exchange.hear(b"x\n" * (2 * SLOW_LINES + 1))
    heard = []
    for _ in range(3):
        await home.node.turn.kept()
        heard.append(len(exchange.take()))
        exchange.go_on()
    assert heard == [SLOW_LINES, SLOW_LINES, 1]
    assert not exchange.left


def test_a_long_line_of_any_white_space_is_masked_in_linear_time(tmp_path: Path) -> None:
    traffic = TrafficLog(tmp_path / "a.log")
    for white in (b" ", b"\t", b"\r", b"\f", b"\v", b"\r "):
        for end in (b"U", b"AUTH", b"AUTH secret"):  # in quadratic time these took half a minute each
            traffic.lines("#1", "<", white * (65_000 // len(white)) + end + b"\n")
    traffic.close()
    text = (tmp_path / "a.log").read_text()
    assert text.count("\n") == 18
    assert "secret" not in text
