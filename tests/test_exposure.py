"""Who starts a server that strangers can reach is asked whether that is meant."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from herd.config import Address, Config, Server, load
from herd.exposure import is_loopback, why_exposed
from herd.sections.access import AccessSettings, Token
from tests.herding import PATIENCE, ROOT, free_ports

TOKENS = AccessSettings(write=(Token("x" * 16),))


def call(*arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, str(ROOT / "run.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def config(
    tcp: str = "0.0.0.0", http: str = "127.0.0.1", peers: tuple[str, ...] = (), **settings: object
) -> Config:
    server = Server("A", Address(tcp, 1), Address(http, 2), peers)
    return replace(Config({"A": server, "B": replace(server, name="B")}), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LocalHost", "::ffff:127.0.0.1"])
def test_loopback_is_reached_from_this_machine_alone(host: str) -> None:
    assert is_loopback(host)
    assert why_exposed(config(host, host, ("B",)), "A") is None


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "10.0.0.1", "::ffff:10.0.0.1", "example.org", "fe80::1"]
)
def test_any_other_address_may_be_reached_by_anybody(host: str) -> None:
    assert not is_loopback(host)
    for exposed in (config(host, "::1"), config("::1", host)):
        line = why_exposed(exposed, "A")
        assert line
        assert "[access] write" in line
        assert "open = true" in line
        assert line.isprintable()


def test_tokens_are_for_clients_and_a_secret_for_servers() -> None:
    assert why_exposed(config(access=TOKENS), "A") is None  # it has no peers to prove anything to
    line = why_exposed(config(access=TOKENS, peers=("B",)), "A")
    assert line
    assert "secret = " in line
    assert "write" not in line
    assert why_exposed(config(access=TOKENS, secret="s", peers=("B",)), "A") is None
    line = why_exposed(config(secret="s", peers=("B",)), "A")
    assert line
    assert "secret = " not in line


def test_who_means_it_says_so() -> None:
    assert why_exposed(config(access=AccessSettings(open=True), peers=("B",)), "A") is None


def test_only_the_server_in_question_is_looked_at() -> None:
    exposed = config()
    servers = {**exposed.servers, "B": replace(exposed.servers["B"], tcp=Address("127.0.0.1", 3))}
    assert why_exposed(replace(exposed, servers=servers), "B") is None


def test_the_built_in_herd_is_for_this_machine() -> None:
    built_in = load(None, {})
    assert [why_exposed(built_in, name) for name in built_in.servers] == [None] * 5


@pytest.mark.parametrize("argv", [["A"], []])
def test_an_exposed_server_or_herd_refuses_to_start_with_one_line(tmp_path: Path, argv: list[str]) -> None:
    path = tmp_path / "herd.toml"
    tables = "".join(
        f'[servers.{name}]\ntcp = "0.0.0.0:{tcp}"\nhttp = "127.0.0.1:{http}"\n'
        for name, tcp, http in zip("AB", free_ports(2), free_ports(2), strict=True)
    )
    path.write_text(tables)
    data = tmp_path / "data"
    status, out, err = call("--config", str(path), "--data", str(data), *argv)
    assert (status, out) == (2, "")
    assert err.startswith(f"run.py: {path}: servers.A: other machines reach tcp 0.0.0.0:")
    assert err.count("\n") == 1
    assert not data.exists()  # nobody was started


def test_to_talk_to_an_exposed_herd_is_never_refused(tmp_path: Path) -> None:
    path = tmp_path / "herd.toml"
    (port,) = free_ports(1)
    path.write_text(f'[servers.A]\ntcp = "127.0.0.1:{port}"\nhttp = "0.0.0.0:1"\n')
    status, _, err = call("--config", str(path), "whatsat", "kiwi", "1", "1")
    assert status == 1
    assert err.startswith(f"cannot reach 127.0.0.1 port {port}: ")
