"""The words of the command line: what may be asked for, and with which options."""

import argparse
import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from herd.programs import PROGRAMS

USAGE = """\
run.py [options]                        run the herd: every server, one process each
       run.py [options] NAME                   run one server
       run.py iamat CLIENT LOCATION            tell a server where a client is
       run.py whatsat CLIENT RADIUS LIMIT      ask a server what is near a client
       run.py forget CLIENT                    have the whole herd forget a client
       run.py replay TRACK.gpx --client NAME   walk a recorded track through the herd
       run.py places FILE                      say what a file of your own places holds
       run.py test [pytest arguments]          check style, types and imports, run the tests
       run.py simulate [--seeds N]             run the herd in virtual time, with everything failing
       run.py sabotage                         break the herd in many ways, and show that each is noticed
       run.py chaos [--minutes N]              run real servers and kill, stop and cut them while clients report
       run.py fuzz [NAME ...] [--minutes N]    every parser against random bytes
       run.py bench [NAME ...]                 measure the herd beside its yardsticks
       run.py compare [--only NAME...]         put Redis, NATS and Mosquitto through the same faults, side by side
       run.py setup                            only install what is needed, into .venv"""

EXAMPLES = """\
examples:
  python3 run.py
  python3 run.py --demo 50
  python3 run.py iamat kiwi.cs.ucla.edu +34.068930-118.445127
  python3 run.py whatsat kiwi.cs.ucla.edu 10 5 --server Welsh
  python3 run.py replay walk.gpx --client me --speed 60

The first call installs a few packages into .venv beside run.py; --help never does.
`run.py COMMAND --help` says more about a command; herd.example.toml explains all settings."""

WALKERS_MOST = 10_000  # of a demo
PASS_ON = ("test", *PROGRAMS)  # what reads its arguments itself
OPTIONS_WITH_VALUE = ("--config", "--data", "--log-level", "--demo")
LEVELS = ("debug", "info", "warning", "error")


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the options, and the command: a key of PARSERS, or "run" with the server's `name` (None: all).

    Help and mistakes end the program, as argparse has it.
    """
    at = 0  # of the first argument that is neither an option nor an option's value
    while at < len(argv) and argv[at].startswith("-"):
        at += 2 if argv[at] in OPTIONS_WITH_VALUE else 1
    before, command, after = argv[:at], "".join(argv[at : at + 1]), argv[at + 1 :]
    if command not in PARSERS:
        return _server_parser().parse_args(["--help"] if command == "help" else argv, _named("run"))
    options = _named(command)
    if command in PASS_ON and after not in (["-h"], ["--help"]):
        options.passed, after = after, []  # all its arguments are pytest's or so, options of ours too
    # argparse takes a location in the southern half for an option, but no argument that begins with a blank.
    after = [" " + word if re.match(r"-[0-9.]", word) else word for word in after]
    return PARSERS[command]().parse_args(before + after, options)


def _named(command: str) -> argparse.Namespace:
    return argparse.Namespace(command=command, config=None, name=None, server=None)


def _config_option() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings (default: herd.toml beside run.py, or the built-in herd)",
    )
    return parser


def _server_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py",
        usage=USAGE,
        description="A herd of servers that tell each other where every client is.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_config_option()],
        allow_abbrev=False,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the one server to run (default: the whole herd)")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where logs and journals go (default: data/ beside run.py)"
    )
    parser.add_argument("--log-level", choices=LEVELS, default="warning", help="for the console (default: warning)")
    parser.add_argument("--demo", type=_walkers, default=0, metavar="N", help="add N simulated clients that walk")
    parser.add_argument("--until-stdin-closes", action="store_true", help=argparse.SUPPRESS)  # for the starter
    return parser


def _client_parser(command: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("run.py " + command, description=description, parents=[_config_option()])
    parser.add_argument("--server", metavar="NAME", help="the server to talk to (default: the first)")
    return parser


def _iamat_parser() -> argparse.ArgumentParser:
    parser = _client_parser("iamat", "Tell a server where a client is.")
    parser.add_argument("client", type=_word, metavar="CLIENT", help="its ID: anything without white space")
    parser.add_argument("location", type=_word, metavar="LOCATION", help="as in -33.8568+151.2153")
    parser.add_argument("--time", type=_word, metavar="T", help="POSIX seconds (default: now)")
    return parser


def _whatsat_parser() -> argparse.ArgumentParser:
    parser = _client_parser("whatsat", "Ask a server where a client is and what is near it.")
    parser.add_argument("client", type=_word, metavar="CLIENT", help="its ID")
    parser.add_argument("radius", type=_word, metavar="RADIUS", help="in km, at most 50")
    parser.add_argument("limit", type=_word, metavar="LIMIT", help="how many places, at most 20")
    return parser


def _forget_parser() -> argparse.ArgumentParser:
    parser = _client_parser("forget", "Have the whole herd forget a client; when it reports again it is back.")
    parser.add_argument("client", type=_word, metavar="CLIENT", help="its ID")
    return parser


def _replay_parser() -> argparse.ArgumentParser:
    parser = _client_parser("replay", "Walk a recorded GPX track through the herd, in its own rhythm.")
    parser.add_argument("track", type=Path, metavar="TRACK.gpx")
    parser.add_argument(
        "--client", type=_word, required=True, metavar="NAME", help="the ID of the client that walks"
    )
    parser.add_argument("--speed", type=_speed, default=10.0, help="times as fast as recorded (default: 10)")
    return parser


def _places_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("run.py places", description="Say what a file of your own places holds.")
    parser.add_argument("file", type=Path, metavar="FILE", help="GeoJSON or Overpass JSON, as in [places] file")
    return parser


def _test_parser() -> argparse.ArgumentParser:
    description = "Check style, types and imports and run the tests; with arguments, run pytest alone with them."
    return argparse.ArgumentParser("run.py test", usage="run.py test [pytest arguments]", description=description)


def _program_parser(command: str) -> argparse.ArgumentParser:
    program, name = PROGRAMS[command], f"run.py {command}"
    return argparse.ArgumentParser(name, usage=f"{name} {program.options}", description=program.about)


def _setup_parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser("run.py setup", description="Install what running needs, into .venv.")


def _word(text: str) -> str:
    """Take off the blank that `parse` put before a hyphen."""
    return text.removeprefix(" ") if text.startswith(" -") else text


def _speed(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def _walkers(text: str) -> int:
    number = int(text)
    if not 0 <= number <= WALKERS_MOST:
        raise ValueError
    return number


_walkers.__name__ = f"number up to {WALKERS_MOST}"
_speed.__name__ = "speed above zero"  # argparse says: invalid ... value

PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "iamat": _iamat_parser,
    "whatsat": _whatsat_parser,
    "forget": _forget_parser,
    "replay": _replay_parser,
    "places": _places_parser,
    "test": _test_parser,
    **{command: partial(_program_parser, command) for command in PROGRAMS},
    "setup": _setup_parser,
}
