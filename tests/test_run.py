"""The command line, as a person meets it: real processes, and the table of what may be asked."""

import ast
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import run
from herd.arguments import PARSERS, parse
from herd.config import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds; only a hang takes so long
NO_PACKAGES = ("-S", "-E")  # an interpreter without site-packages


def call(*arguments: str, flags: tuple[str, ...] = ()) -> tuple[int, str, str]:
    command = [sys.executable, *flags, str(ROOT / "run.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def test_help_works_without_any_set_up() -> None:
    status, out, err = call("--help", flags=NO_PACKAGES)
    assert (status, err) == (0, "")
    for word in ("[options] NAME", "--config FILE", "--data DIR", "--log-level", *PARSERS):
        assert word in out
    assert "--until-stdin-closes" not in out
    assert call("help", flags=NO_PACKAGES) == (status, out, err)


@pytest.mark.parametrize("command", PARSERS)
def test_every_command_has_help_that_needs_no_set_up(command: str) -> None:
    status, out, err = call(command, "-h", flags=NO_PACKAGES)
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: run.py {command}")


def test_run_py_parses_on_python_3_8() -> None:
    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 8))


def test_nothing_of_ours_is_imported_before_the_version_is_known() -> None:
    tree = ast.parse((ROOT / "run.py").read_text())
    top = {name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    top |= {str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert top == {"__future__", "os", "sys", "pathlib", "typing"}


def test_an_old_python_gets_one_line_and_a_new_one_none() -> None:
    line = run.complaint((3, 8, 10))
    assert line == "run.py: this needs Python 3.11 or newer, and this is Python 3.8.10"
    assert run.complaint((3, 11, 0)) is None
    assert run.complaint((4, 0, 0)) is None


@pytest.mark.parametrize("argv", [["Foo"], ["iamat", "c", "+1+1", "--server", "Foo"], ["bank"]])
def test_an_unknown_server_is_one_line_that_names_the_known_ones(argv: list[str], tmp_path: Path) -> None:
    config = tmp_path / "x.toml"
    config.write_text("")
    name = argv[-1]
    known = "Goloman, Hands, Holiday, Welsh, Wilkes"
    assert call(*argv, "--config", str(config)) == (
        2,
        "",
        f"run.py: {config}: servers: expected one of {known}, found {name!r}\n",
    )


@pytest.mark.parametrize("argv", [[], ["Goloman"], ["whatsat", "c", "1", "1"]])
def test_a_wrong_config_is_one_line_even_before_the_set_up(argv: list[str], tmp_path: Path) -> None:
    config = tmp_path / "x.toml"
    config.write_text("sekret = 1\n")
    status, out, err = call("--config", str(config), *argv, flags=NO_PACKAGES)
    assert (status, out) == (2, "")
    assert err.startswith(f"run.py: {config}: sekret: unknown key, expected one of ")
    assert err.count("\n") == 1


def test_a_config_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    status, out, err = call("--config", str(tmp_path / "none.toml"))
    assert (status, out) == (2, "")
    assert err == f"run.py: {tmp_path / 'none.toml'}: cannot be read: No such file or directory\n"


def test_options_stand_before_or_after_the_name() -> None:
    options = ["--config", "c.toml", "--data", "d", "--log-level", "debug"]
    before, after = parse([*options, "Hands"]), parse(["Hands", *options])
    assert before == after
    assert (after.command, after.name, after.config, after.data) == ("run", "Hands", Path("c.toml"), Path("d"))


def test_without_a_name_the_whole_herd_is_meant() -> None:
    assert (parse([]).command, parse([]).name) == ("run", None)


def test_an_options_value_is_no_command() -> None:
    assert parse(["--config", "test"]).command == "run"


@pytest.mark.parametrize("location", ["-33.8568+151.2153", "+34.0-118.4", "-.5+1"])
def test_half_the_earth_needs_no_dashes(location: str) -> None:
    options = parse(["iamat", "c", location, "--time", "5", "--config", "x"])
    assert (options.command, options.location, options.time, options.config) == ("iamat", location, "5", Path("x"))
    assert parse(["--config", "x", "iamat", "--time", "5", "c", location]) == options


def test_the_commands_of_clients_have_their_fields() -> None:
    whatsat = parse(["whatsat", "c", "10", "5", "--server", "Welsh"])
    assert (whatsat.client, whatsat.radius, whatsat.limit, whatsat.server) == ("c", "10", "5", "Welsh")
    replay = parse(["replay", "t.gpx", "--client", "c"])
    assert (replay.track, replay.client, replay.speed, replay.server) == (Path("t.gpx"), "c", 10.0, None)


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "x"])
def test_a_speed_that_is_none_is_refused(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["replay", "t.gpx", "--client", "c", "--speed", speed])
    assert caught.value.code == 2
    assert "invalid speed above zero value" in capsys.readouterr().err


def test_everything_after_test_is_pytests() -> None:
    assert parse(["test", "--config", "x", "-k", "a", "--help"]).passed == ["--config", "x", "-k", "a", "--help"]


def test_no_server_can_be_called_like_a_command() -> None:
    assert set(PARSERS) < set(COMMANDS)


@pytest.mark.parametrize(
    ("body", "status", "line"), [("pass", 0, "pass  tests"), ("assert False", 1, "FAIL  tests")]
)
def test_the_tests_can_be_run_in_part(body: str, status: int, line: str, tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(f"def test_one() -> None:\n    {body}\n")
    found, out, _ = call("test", str(tmp_path / "test_one.py"), "-p", "no:cacheprovider")
    assert found == status
    assert out.splitlines()[-1] == line
    assert "types" not in out


def test_ctrl_c_ends_a_client_without_a_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        config = tmp_path / "herd.toml"
        port = silent.getsockname()[1]
        config.write_text(f'[servers.A]\ntcp = "127.0.0.1:{port}"\nhttp = "127.0.0.1:0"\n')
        command = [sys.executable, str(ROOT / "run.py"), "whatsat", "c", "1", "1", "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
            try:
                connection, _ = silent.accept()
                with connection:
                    client.send_signal(signal.SIGINT)
                    _, err = client.communicate(timeout=PATIENCE)
            finally:
                client.kill()
    assert client.returncode == 130
    assert "Traceback" not in err
