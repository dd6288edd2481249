"""The whole herd as one command: real processes on free ports."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from herd.config import load
from herd.listening import table

ROOT = Path(__file__).resolve().parent.parent
PEERS = {"Goloman": ["Hands"], "Hands": ["Wilkes"], "Wilkes": []}
PATIENCE = 60  # seconds; only a hang takes so long


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Return ports below the ephemeral range, so that no client's connection takes one in between."""
    found: set[int] = set()
    while len(found) < count:
        with socket.socket() as probe:
            port = random.randint(20000, 32000)
            if probe.connect_ex(("127.0.0.1", port)):
                found.add(port)
    return list(found)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Herd:
    """A starter with three servers, and what it printed."""

    def __init__(self, folder: Path) -> None:
        ports = free_ports(6)
        self.tcp = dict(zip(PEERS, ports[:3], strict=True))
        self.http = dict(zip(PEERS, ports[3:], strict=True))
        self.config = folder / "herd.toml"
        self.config.write_text(
            'secret = "tests"\n'
            + "".join(
                f'[servers.{name}]\ntcp = "127.0.0.1:{self.tcp[name]}"\n'
                f'http = "127.0.0.1:{self.http[name]}"\npeers = {peers}\n'
                for name, peers in PEERS.items()
            )
        )
        self.output = folder / "output"
        command = [
            sys.executable,
            str(ROOT / "run.py"),
            "--config",
            str(self.config),
            "--data",
            str(folder / "data"),
        ]
        with self.output.open("wb") as output:
            self.starter = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def text(self) -> str:
        """Return what was printed so far."""
        return self.output.read_text()

    def ready(self) -> "Herd":
        """Wait for the table."""
        until(lambda: "WHATSAT" in self.text() or self.starter.poll() is not None, "the table")
        assert self.starter.poll() is None, self.text()
        return self

    def pids(self) -> dict[str, int]:
        """Return the process of each server, as printed last."""
        found = re.findall(r"(\w+) (?:is| .*) process (\d+)$", self.text(), re.MULTILINE)
        return {name: int(pid) for name, pid in found}

    def gone(self) -> bool:
        """Whether no server runs and nothing listens."""
        ports = [*self.tcp.values(), *self.http.values()]
        return not any(map(alive, self.pids().values())) and not any(map(accepts, ports))

    def end(self) -> None:
        """End what is left, by its id."""
        self.starter.kill()
        self.starter.wait(PATIENCE)
        for pid in self.pids().values():
            if alive(pid):
                os.kill(pid, signal.SIGCONT)
        until(self.gone, "the end of all servers")


@pytest.fixture
def herd(tmp_path: Path) -> Iterator[Herd]:
    """Give a herd that was just started."""
    started = Herd(tmp_path)
    yield started
    started.end()


def test_the_table_shows_every_server_once_all_of_them_listen(herd: Herd) -> None:
    text = herd.ready().text()
    for name in PEERS:
        assert re.search(
            rf"^  {name} +tcp 127.0.0.1:{herd.tcp[name]} +http://127.0.0.1:{herd.http[name]}/ ", text, re.M
        )
        assert accepts(herd.tcp[name])
    assert text.count("The herd is running") == 1


@pytest.mark.skipif(shutil.which("nc") is None, reason="no nc here")
def test_the_lines_to_try_work_as_they_are_printed(herd: Herd) -> None:
    tell, ask = re.findall(r"^  (echo .*)$", herd.ready().text(), re.MULTILINE)

    def answer(line: str) -> str:
        return subprocess.run(
            ["sh", "-c", line], capture_output=True, text=True, check=True, timeout=PATIENCE
        ).stdout

    assert re.fullmatch(r"AT Goloman \+\d+\.\d{9} kiwi.cs.ucla.edu \+34.068930-118.445127 \d+\n", answer(tell))
    until(lambda: answer(ask).startswith("AT Goloman +"), "the report at the last server")


def test_a_server_that_dies_is_started_again(herd: Herd) -> None:
    before = herd.ready().pids()
    os.kill(before["Hands"], signal.SIGKILL)
    until(lambda: herd.pids()["Hands"] != before["Hands"], "another Hands")
    until(lambda: accepts(herd.tcp["Hands"]), "Hands to listen")
    assert f"Hands, process {before['Hands']}, ended with status -9" in herd.text()
    assert {name: pid for name, pid in herd.pids().items() if name != "Hands"} == {
        name: pid for name, pid in before.items() if name != "Hands"
    }


def test_the_servers_end_when_the_starter_is_killed(herd: Herd) -> None:
    herd.ready()
    herd.starter.kill()
    herd.starter.wait(PATIENCE)
    until(herd.gone, "the end of all servers")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_servers_in_order(herd: Herd, number: signal.Signals) -> None:
    herd.ready()
    herd.starter.send_signal(number)
    assert herd.starter.wait(PATIENCE) == 0
    assert herd.gone()
    assert "Traceback" not in herd.text()
    assert herd.text().splitlines()[-1].startswith("  echo WHATSAT")


def test_a_signal_during_the_start_ends_all_servers(herd: Herd) -> None:
    until(lambda: any(map(accepts, herd.tcp.values())), "the first server")
    herd.starter.send_signal(signal.SIGTERM)
    assert herd.starter.wait(PATIENCE) == 0
    assert not any(map(accepts, herd.tcp.values()))
    assert "Traceback" not in herd.text()


def test_a_server_that_does_not_react_is_ended_too(herd: Herd) -> None:
    os.kill(herd.ready().pids()["Hands"], signal.SIGSTOP)
    herd.starter.send_signal(signal.SIGTERM)
    assert herd.starter.wait(PATIENCE) == 0
    assert herd.gone()


def test_ctrl_c_in_the_terminal_reaches_the_starter_alone(herd: Herd) -> None:
    for pid in herd.ready().pids().values():
        assert os.getsid(pid) == pid


@pytest.mark.parametrize("kind", ["tcp", "http"])
def test_a_port_in_use_is_one_line_and_leaves_nothing_running(kind: str, tmp_path: Path) -> None:
    first = Herd(tmp_path)
    try:
        first.ready()
        text = first.config.read_text()
        for name in PEERS:  # all other ports are free
            if name != "Hands" or kind != "tcp":
                text = text.replace(f":{first.tcp[name]}", ":0")
            if name != "Hands" or kind != "http":
                text = text.replace(f":{first.http[name]}", ":0")
        config = tmp_path / "second.toml"
        config.write_text(text)
        port = getattr(first, kind)["Hands"]
        done = subprocess.run(
            [sys.executable, str(ROOT / "run.py"), "--config", str(config), "--data", str(tmp_path / "second")],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    finally:
        first.end()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"run.py: Hands cannot listen on {kind} 127.0.0.1:{port}: Address already in use\n"


def test_the_lines_to_try_say_a_token_where_one_is_needed() -> None:
    servers = load(None, {}).servers
    pids = dict.fromkeys(servers, 1)
    assert "AUTH" not in table(servers, pids)
    lines = table(servers, pids, guarded=True).splitlines()[-2:]
    assert lines[0].startswith("  (echo AUTH $HERD_TOKEN; echo IAMAT kiwi.cs.ucla.edu ")
    assert lines[0].endswith(" $(date +%s)) | nc -N 127.0.0.1 12101")
    assert lines[1].endswith(
        "  (echo AUTH $HERD_TOKEN; echo WHATSAT kiwi.cs.ucla.edu 10 5) | nc -N 127.0.0.1 12105"
    )
