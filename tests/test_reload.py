"""SIGHUP: limits and certificates change while connections stay, a broken file changes nothing."""

import asyncio
import os
import pty
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from herd.config import Address, Config, ConfigError
from herd.sections.access import AccessSettings, Token
from herd.sections.limits import LimitsSettings
from herd.sections.places import PlacesSettings
from herd.sections.tls import TlsSettings
from tests.certificates import Authority
from tests.herding import HOST, PATIENCE, ROOT, Lines, free_ports, talk, until, within
from tests.soloing import solo
from tests.webbing import Gateway, gateway
from web.feed.watching import FEED
from web.reloading import Reloading


def reloading(home: Gateway, config: Config | ConfigError) -> Reloading:
    """Return what reads these settings again."""

    def load() -> Config:
        if isinstance(config, ConfigError):
            raise config
        return config

    return Reloading(load, home.runner.app)


async def test_limits_change_at_once(tmp_path: Path) -> None:
    limits = LimitsSettings(1, 1, connections=7, idle=8, buffered=4096, link_buffered=5000, body=3, frame=70_000)
    async with gateway(tmp_path) as home:
        reloading(home, replace(home.server.config, limits=limits)).again()
        assert home.server.node.limits == limits
        assert home.runner.app[FEED].seats.most == 1
        assert (await home.post("text/plain", b"long")).status == 413
        metrics = (await home.get("/metrics")).body.decode()
        assert "herd_viewers_most 1.0" in metrics
        assert 'herd_limit{limit="idle"} 8.0' in metrics
        assert 'herd_http_refusals_total{limit="body"} 1.0' in metrics
        assert (await home.get("/healthz")).status == 429
    said = home.log.read_text()
    assert "limits.viewers is 1, limits.requests is 1, limits.connections is 7, limits.idle is 8" in said


async def test_what_cannot_change_is_named_until_it_is_as_it_was(tmp_path: Path) -> None:
    async with gateway(tmp_path) as home:
        other = replace(home.server.config, places=PlacesSettings("google", key="verysecret"), secret="other")
        for _ in range(2):
            reloading(home, other).again()
        reloading(home, home.server.config).again()
    said = home.log.read_text()
    assert said.count("read again: nothing changed; needs a restart: secret, places") == 2
    assert said.rstrip().count("read again: nothing changed\n") == 1
    assert "verysecret" not in said


async def test_a_broken_file_changes_nothing_and_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with gateway(tmp_path) as home:
        before = home.server.node.limits
        reloading(home, ConfigError("herd.toml: limits.viewers: expected more")).again()
        assert home.server.node.limits == before
    assert "the settings stay as they were: herd.toml: limits.viewers: expected more\n" in home.log.read_text()
    assert [record.levelname for record in caplog.records if "stay as they were" in record.message] == ["WARNING"]


async def test_a_server_shows_its_new_certificate_and_connections_stay(tmp_path: Path) -> None:
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    first, second = old.issue("first"), new.issue("second")
    async with gateway(tmp_path, change=lambda config: replace(config, tls=first)) as home:
        port = home.server.port
        staying = Lines(*await within(asyncio.open_connection(HOST, port, ssl=old.trusted())))
        assert await staying.ask(b"x") == b"? x"
        reloading(home, replace(home.server.config, tls=TlsSettings(first.cert, second.key))).again()  # a bad pair
        assert await staying.ask(b"y") == b"? y"
        reloading(home, replace(home.server.config, tls=second)).again()
        assert await staying.ask(b"z") == b"? z"
        newer = Lines(*await within(asyncio.open_connection(HOST, port, ssl=new.trusted())))
        assert await newer.ask(b"x") == b"? x"
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection(HOST, port, ssl=old.trusted())
        async with home.session.get(f"https://{HOST}:{home.port}/healthz", ssl=new.trusted()) as answer:
            assert answer.status == 200
        reloading(home, replace(home.server.config, tls=None)).again()
        newer.writer.transport.abort()
        staying.writer.transport.abort()
    said = home.log.read_text()
    assert "the settings stay as they were: tls: " in said
    assert "read again: certificates\n" in said
    assert "needs a restart: tls" in said


async def test_tokens_change_at_once_and_end_what_came_in_without(tmp_path: Path) -> None:
    tokens = AccessSettings(write=(Token("a-token-of-a-test"),))
    async with gateway(tmp_path) as home, talk(home.server.port) as client:
        assert await client.ask(b"x") == b"? x"
        reloading(home, replace(home.server.config, access=tokens)).again()
        assert await client.rest() == b""
        assert (await home.get("/clients")).status == 401
    assert "read again: access, which ended 1 connections\n" in home.log.read_text()


async def test_a_server_that_others_reach_keeps_its_tokens_where_it_would_not_start_without(
    tmp_path: Path,
) -> None:
    tokens = AccessSettings(write=(Token("a-token-of-a-test"),))

    def expose(config: Config) -> Config:
        servers = {name: replace(server, tcp=Address("0.0.0.0", 0)) for name, server in config.servers.items()}
        return replace(config, servers=servers, access=tokens)

    async with gateway(tmp_path, change=expose) as home:
        reloading(home, replace(home.server.config, access=AccessSettings())).again()
        assert (await home.get("/clients")).status == 401
        reloading(home, replace(home.server.config, access=AccessSettings(open=True))).again()
        assert (await home.get("/clients")).status == 200
    assert (
        "the settings stay as they were: servers.Home: other machines reach tcp 0.0.0.0:0" in home.log.read_text()
    )


async def test_sighup_reads_the_file_again_and_a_broken_one_not(tmp_path: Path) -> None:
    async with solo(tmp_path) as home, talk(home.tcp) as client:
        assert await client.ask(b"x") == b"? x"
        home.write("[limits]\nviewers = 3\n")
        await home.hears(signal.SIGHUP, "limits.viewers is 3")
        home.write("[limits]\nviewers = -3\n")
        await home.hears(signal.SIGHUP, "limits.viewers: expected a whole number from 0, found -3")
        async with ClientSession() as session, session.get(f"http://{HOST}:{home.http}/metrics") as answer:
            assert "herd_viewers_most 3.0" in await answer.text()
        home.write("[limits]\nviewers = 4\n")
        await home.hears(signal.SIGHUP, "limits.viewers is 4")
        assert await client.ask(b"y") == b"? y"
        home.tell(signal.SIGTERM)
        assert await home.ended() == 0


@contextmanager
def in_a_terminal(folder: Path, *before: str) -> Iterator[tuple[int, subprocess.Popen[bytes], Path]]:
    """Run a herd of one in a terminal of its own, behind other words of a shell."""
    tcp, http = free_ports(2)
    config, out = folder / "herd.toml", folder / "out"
    config.write_text(f'[servers.Home]\ntcp = "{HOST}:{tcp}"\nhttp = "{HOST}:{http}"\n')
    ours, theirs = pty.openpty()
    take = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
    )
    words = [*before, sys.executable, str(ROOT / "run.py"), "--config", str(config), "--data", str(folder)]
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", take, *words], stdin=theirs, stdout=file, stderr=file, start_new_session=True
        )
    os.close(theirs)
    try:
        yield ours, process, out
    finally:
        with suppress(OSError):
            os.close(ours)
        process.kill()
        process.wait()


async def test_the_starter_passes_sighup_on_but_ends_with_its_terminal(tmp_path: Path) -> None:
    with in_a_terminal(tmp_path) as (terminal, process, out):
        await until(lambda: "The herd is running" in out.read_text(), "the herd")
        process.send_signal(signal.SIGHUP)
        log = tmp_path / "Home.log"
        await until(lambda: "the settings were read again: nothing changed" in log.read_text(), "the settings")
        os.close(terminal)  # the kernel sends SIGHUP
        assert await asyncio.to_thread(process.wait, PATIENCE) == 0
        assert "stopped" in log.read_text()


async def test_under_nohup_a_herd_outlives_its_terminal(tmp_path: Path) -> None:
    with in_a_terminal(tmp_path, "nohup") as (terminal, process, out):
        await until(lambda: "The herd is running" in out.read_text(), "the herd")
        os.close(terminal)
        log = tmp_path / "Home.log"
        await until(lambda: "the settings were read again: nothing changed" in log.read_text(), "the settings")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE) == 0
