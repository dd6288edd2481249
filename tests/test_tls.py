"""TLS on TCP, HTTP and links: who is shown what, who is believed, and what harms nobody."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientSSLError

from herd import commands
from herd.client import Client, Disconnected
from herd.config import Address, Config, load
from herd.listening import until_it_accepts
from herd.sections.limits import LimitsSettings
from herd.sections.tls import TlsSettings
from herd.server import RunningServer
from herd.settings import ConfigError
from herd.tls import Tls, is_for, open_tls
from tests.certificates import Authority
from tests.herding import HERE, HOST, Lines, free_ports, iamat, running, small_herd, talk, until, within
from tests.webbing import gateway


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give one authority to all tests."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def ours(authority: Authority) -> TlsSettings:
    """Give a certificate for loopback."""
    return authority.issue("ours")


@asynccontextmanager
async def secured(port: int, context: ssl.SSLContext) -> AsyncIterator[Lines]:
    reader, writer = await within(asyncio.open_connection(HOST, port, ssl=context, limit=2**22))
    try:
        yield Lines(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def home(
    folder: Path, tls: TlsSettings, limits: LimitsSettings | None = None
) -> AsyncIterator[RunningServer]:
    config = replace(small_herd({"Home": ()}, {}), tls=tls, limits=limits or LimitsSettings())
    async with running(config, "Home", folder) as server:
        yield server


# Clients over TCP


async def test_lines_are_answered_over_tls_as_in_the_clear(
    tmp_path: Path, authority: Authority, ours: TlsSettings
) -> None:
    async with home(tmp_path, ours) as server, secured(server.port, authority.trusted()) as client:
        assert (await client.ask(iamat(b"kiwi"))).startswith(b"AT Home ")
        assert (await client.around(b"kiwi")).startswith(b"AT Home ")
        client.send(*[iamat(b"c%d" % number) for number in range(5000)])
        assert len(await client.lines(5000)) == 5000
        assert len(server.node.admission) == 1


async def test_lines_that_come_with_the_handshake_are_heard(
    tmp_path: Path, authority: Authority, ours: TlsSettings
) -> None:
    async with home(tmp_path, ours) as server:
        for _ in range(20):
            async with secured(server.port, authority.trusted()) as client:
                client.send(b"x")
                assert await client.line() == b"? x"


async def test_who_speaks_in_the_clear_is_closed_and_harms_nobody(
    tmp_path: Path, authority: Authority, ours: TlsSettings
) -> None:
    async with home(tmp_path, ours) as server, secured(server.port, authority.trusted()) as other:
        async with talk(server.port) as plain:
            plain.send(iamat(b"kiwi"))
            assert not (await plain.rest()).startswith(b"AT")
        assert await other.ask(b"x") == b"? x"
        assert server.node.admission.failed_handshakes == 1
        assert server.node.store.newest(b"kiwi") is None
        await until(lambda: len(server.node.admission) == 1, "the end of the other")


async def test_who_goes_without_a_word_is_said_to_be_gone(tmp_path: Path, ours: TlsSettings) -> None:
    async with home(tmp_path, ours) as server:
        async with talk(server.port):
            await until(lambda: len(server.node.admission) == 1, "the silent one")
        await until(lambda: server.node.admission.failed_handshakes, "its end")
    assert "failed at the handshake of TLS: gone\n" in (tmp_path / "Home.log").read_text()


async def test_the_starter_finds_a_server_without_failing_at_its_handshake(
    tmp_path: Path, ours: TlsSettings
) -> None:
    async with home(tmp_path, ours) as server:
        await within(until_it_accepts(Address(HOST, server.port), asyncio.Event(), secure=True))
        await until(lambda: not len(server.node.admission), "its end")
        assert server.node.admission.failed_handshakes == 0


async def test_who_never_goes_through_with_a_handshake_is_counted_and_sent_away(
    tmp_path: Path, authority: Authority, ours: TlsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("herd.door.HANDSHAKE_SECONDS", 0.5)
    async with home(tmp_path, ours, LimitsSettings(connections=1)) as server:
        async with talk(server.port) as silent:
            await until(lambda: len(server.node.admission) == 1, "the silent one")
            async with talk(server.port) as late:
                assert await late.rest() == b""
            assert await silent.rest() == b""
        await until(lambda: not len(server.node.admission), "its end")
        async with secured(server.port, authority.trusted()) as client:
            assert await client.ask(b"x") == b"? x"


async def test_a_server_ends_while_a_handshake_hangs(tmp_path: Path, ours: TlsSettings) -> None:
    async with home(tmp_path, ours) as server, talk(server.port):
        await until(lambda: len(server.node.admission) == 1, "the silent one")


async def test_the_python_client_checks_whom_it_talks_to(
    tmp_path: Path, authority: Authority, ours: TlsSettings
) -> None:
    async with home(tmp_path, ours) as server:
        async with Client.connect(HOST, server.port, tls=Tls(TlsSettings(ca=authority.ca))) as client:
            assert (await client.iamat("kiwi", HERE.decode())).server == b"Home"
        with pytest.raises(Disconnected, match="certificate verify failed"):
            async with Client.connect(HOST, server.port, tls=Tls(TlsSettings(ca=stranger(tmp_path).ca))):
                pass
    other = authority.issue("other", "subjectAltName=DNS:example.org")
    async with home(tmp_path, other) as server:
        with pytest.raises(Disconnected, match="mismatch"):
            async with Client.connect(HOST, server.port, tls=Tls(TlsSettings(ca=authority.ca))):
                pass


def stranger(folder: Path) -> Authority:
    return Authority(folder, "stranger")


async def test_the_command_speaks_tls_where_the_settings_say_so(
    tmp_path: Path, ours: TlsSettings, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (port,) = free_ports(1)
    config = replace(small_herd({"Home": ()}, {"Home": port}), tls=ours)
    async with running(config, "Home", tmp_path):
        assert await commands.iamat(config, "kiwi", HERE.decode(), None, None) == 0
        assert await commands.whatsat(replace(config, tls=TlsSettings(ca=ours.ca)), "kiwi", "10", "1", "Home") == 0
        assert capsysbinary.readouterr().out.count(b"AT Home ") == 2
        assert await commands.iamat(replace(config, tls=None), "kiwi", HERE.decode(), None, None) == 1


# HTTP


async def test_http_and_websockets_speak_tls(tmp_path: Path, authority: Authority, ours: TlsSettings) -> None:
    async with gateway(tmp_path, change=lambda config: replace(config, tls=ours)) as web:
        url, trusted = f"https://{HOST}:{web.port}", authority.trusted()
        async with web.session.get(f"{url}/healthz", ssl=trusted) as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        async with web.session.ws_connect(f"{url}/live", ssl=trusted) as live:
            assert (await within(live.receive_json()))["type"] == "snapshot"
        async with web.session.ws_connect(f"{url}/ws", ssl=trusted) as lines:
            await lines.send_str("x")
            assert await within(lines.receive_str()) == "? x"
        with pytest.raises(ClientSSLError):
            await web.session.get(f"{url}/healthz")
        assert not (await web.raw(b"GET /healthz HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 200")
        async with web.session.get(f"{url}/healthz", ssl=trusted) as answer:
            assert answer.status == 200


async def test_a_server_asks_the_others_over_https(tmp_path: Path, authority: Authority, ours: TlsSettings) -> None:
    async with gateway(tmp_path, change=lambda config: replace(config, tls=ours)) as away:
        there = away.server.config.servers["Home"]

        def beside(config: Config) -> Config:
            http = replace(there.http, port=away.port)
            return replace(
                config, tls=ours, servers={**config.servers, "Away": replace(there, name="Away", http=http)}
            )

        async with gateway(tmp_path, change=beside) as web, ClientSession() as session:
            url = f"https://{HOST}:{web.port}/herd?all=1"
            async with session.get(url, ssl=authority.trusted()) as answer:
                said = (await answer.json())["servers"]["Away"]
            assert said == {"error": "another server answers at its address"}  # so it was asked, and is called Home


# Links


@asynccontextmanager
async def pair(
    folder: Path, one_tls: TlsSettings | None, two_tls: TlsSettings | None, host: str = HOST
) -> AsyncIterator[tuple[RunningServer, RunningServer]]:
    names = ("One", "Two")
    herd = small_herd({"One": ["Two"], "Two": ["One"]}, dict(zip(names, free_ports(2), strict=True)))
    servers = {name: replace(s, tcp=replace(s.tcp, host=host)) for name, s in herd.servers.items()}
    herd = replace(herd, servers=servers)
    first, second = (
        running(replace(herd, tls=one_tls), "One", folder),
        running(replace(herd, tls=two_tls), "Two", folder),
    )
    async with first as one, second as two:
        yield one, two


@pytest.mark.parametrize("host", [HOST, "localhost"])
async def test_links_prove_themselves_by_certificates_at_both_ends(
    tmp_path: Path, authority: Authority, ours: TlsSettings, host: str
) -> None:
    async with pair(tmp_path, ours, authority.issue("two"), host) as (one, two):
        async with secured(one.port, authority.trusted()) as client:
            line = await client.ask(iamat(b"kiwi"))
        await until(lambda: two.node.store.newest(b"kiwi") == line, "the report at the other")
        async with secured(two.port, authority.trusted()) as client:
            line = await client.ask(iamat(b"emu"))
        await until(lambda: one.node.store.newest(b"emu") == line, "the report at the first")


async def refused(one: RunningServer, two: RunningServer, reason: str) -> None:
    """Both ends are kept apart, and at least one says why."""
    await until(lambda: any(reason in trouble for s in (one, two) for trouble in s.links.troubles.values()), reason)
    assert not any((one.links.hearings, two.links.hearings, one.links.tellings, two.links.tellings))


async def test_a_peer_whose_certificate_somebody_else_signed_is_refused(tmp_path: Path, ours: TlsSettings) -> None:
    impostor = stranger(tmp_path).issue("impostor")
    async with pair(tmp_path, ours, impostor) as (one, two):
        await refused(one, two, "certificate verify failed")


async def test_a_peer_whose_certificate_is_for_another_host_is_refused(
    tmp_path: Path, authority: Authority, ours: TlsSettings
) -> None:
    other = authority.issue("elsewhere", "subjectAltName=DNS:example.org,IP:192.0.2.1")
    async with pair(tmp_path, ours, other) as (one, two):
        await refused(one, two, "mismatch")
        await until(
            lambda: "showed no certificate for 127.0.0.1" in (tmp_path / "One.log").read_text(), "the reason"
        )


async def test_a_peer_without_a_certificate_is_refused(tmp_path: Path, ours: TlsSettings) -> None:
    async with pair(tmp_path, ours, ours) as (one, two):
        await until(lambda: one.links.hearings, "the link")
        assert two.node.tls
        two.node.tls._dialling = Tls(TlsSettings(ca=ours.ca)).trusting
        one.links.hearings["Two"].wire.drop("test")
        await until(lambda: "showed no certificate" in (tmp_path / "One.log").read_text(), "the reason")
        assert not one.links.hearings


async def test_a_peer_that_speaks_in_the_clear_is_refused(tmp_path: Path, ours: TlsSettings) -> None:
    async with pair(tmp_path, ours, None) as (one, two):
        await until(lambda: one.links.troubles and two.links.troubles, "both say so")
        assert not any((one.links.hearings, two.links.hearings))


class Shown(asyncio.BaseTransport):
    """A transport whose far end showed a certificate for these."""

    def __init__(self, *names: tuple[str, str]) -> None:
        super().__init__({"peercert": {"subjectAltName": names}} if names else {})


def test_a_certificate_is_for_the_names_that_stand_in_it() -> None:
    assert is_for(Shown(("DNS", "a.example.org")), "A.example.org")
    assert is_for(Shown(("DNS", "b"), ("DNS", "*.example.org")), "a.example.org")
    assert not is_for(Shown(("DNS", "*.example.org")), "example.org")
    assert not is_for(Shown(("DNS", "*.example.org")), "b.a.example.org")
    assert not is_for(Shown(("DNS", "*.")), "a")
    assert not is_for(Shown(("DNS", "example.org")), "a.example.org")
    assert is_for(Shown(("IP Address", "0:0:0:0:0:0:0:1")), "::1")
    assert not is_for(Shown(("DNS", "127.0.0.1")), "127.0.0.1")
    assert not is_for(Shown(("IP Address", "127.0.0.1")), "127.0.0.2")
    assert not is_for(Shown(), "a")


# Settings


def test_files_are_read_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem", "ca.pem"):
        (tmp_path / name).touch()
    path = tmp_path / "herd.toml"
    path.write_text('[tls]\ncert = "cert.pem"\nkey = "key.pem"\nca = "ca.pem"\n')
    assert load(path, {}).tls == TlsSettings(tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "ca.pem")
    path.write_text("[tls]\n")
    assert load(path, {}).tls is None
    path.write_text('[tls]\nkey = "key.pem"\n')
    with pytest.raises(ConfigError, match=r"tls.key: expected a cert beside it"):
        load(path, {})
    path.write_text('[tls]\ncert = "nowhere.pem"\n')
    with pytest.raises(ConfigError, match=r"tls.cert: expected the path of a file that exists"):
        load(path, {})


def test_what_is_no_certificate_is_one_line(tmp_path: Path, authority: Authority, ours: TlsSettings) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    other = authority.issue("another")
    locked = authority.locked(other)
    for settings in (
        TlsSettings(nonsense),
        TlsSettings(ours.cert, other.key),
        TlsSettings(ours.cert, locked),
        TlsSettings(ours.cert, ours.key, nonsense),
        TlsSettings(ca=ours.ca),  # of clients only
    ):
        with pytest.raises(ConfigError) as problem:
            open_tls(settings)
        assert str(problem.value).startswith("tls")
        assert "\n" not in str(problem.value)
    assert open_tls(TlsSettings(ca=ours.ca), serving=False)
    assert open_tls(None) is None
