#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "aiohttp>=3.14.5,<3.15",
#     "aiohttp-jinja2>=1.6,<1.7",
#     "jinja2>=3.1.6,<3.2",
#     "prometheus-client>=0.24,<0.27",
#     "XStatic-Leaflet>=1.9.3.0,<1.10",
# ]
# ///
"""The command line: on a fresh machine it first sets up .venv, then starts the herd, one server, or the tests."""

# This file must parse on Python 3.8, so that an old one gets its clear line. So whatever needs a newer one, or
# packages, is imported where it is used, after version and set-up are known to be good.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from herd.config import Config

ROOT = Path(__file__).resolve().parent
REFUSED = 2  # exit status where what was asked for cannot be done as things stand
INTERRUPTED = 130  # as shells have it for Ctrl-C


def complaint(version: tuple[int, ...]) -> str | None:
    """Return the line for a Python that is too old, else None."""
    if version >= (3, 11):
        return None
    return "run.py: this needs Python 3.11 or newer, and this is Python " + ".".join(map(str, version))


def main(argv: list[str]) -> int:
    """Do what the arguments say and return the exit status."""
    problem = complaint(sys.version_info[:3])
    if problem:
        print(problem, file=sys.stderr)
        return REFUSED
    from herd.arguments import PASS_ON, parse
    from herd.bootstrap import SetUpError
    from herd.settings import ConfigError

    options = parse(argv)
    try:
        if options.command in ("setup", *PASS_ON):
            return work_on_the_project(options, argv)
        if options.command == "places":
            from herd.survey import survey

            return survey(options.file, sys.stdout, sys.stderr)
        return run(options, argv)
    except (ConfigError, SetUpError) as error:
        print("run.py: {}".format(error), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED


def work_on_the_project(options: Namespace, argv: list[str]) -> int:
    """Run the checks or a program among the tests, or say that all is set up."""
    from herd.bootstrap import ensure
    from herd.checks import run_checks, run_module
    from herd.programs import PROGRAMS

    program = PROGRAMS.get(options.command)
    if program is not None:
        ensure(ROOT, program.needs, argv)
        return run_module(ROOT, program.module, options.passed)
    if options.command == "test":
        ensure(ROOT, "test", argv)
        return run_checks(ROOT, options.passed)
    ensure(ROOT, "run", argv)
    print("run.py: all that running needs is there, in " + sys.prefix)
    return 0


def run(options: Namespace, argv: list[str]) -> int:
    """Run the herd, one server or a client. The settings are read first: a mistake there need not wait."""
    from herd.bootstrap import ensure
    from herd.config import ConfigError, load
    from herd.exposure import why_exposed

    here = ROOT / "herd.toml"
    path = options.config or (here if here.exists() else None)
    config = load(path, os.environ)
    for name in (options.name, options.server):
        if name is not None and name not in config.servers:
            known = ", ".join(config.servers)
            raise ConfigError(
                "{}: servers: expected one of {}, found {!a}".format(path or "built-in herd", known, name)
            )
    if options.command == "run":
        for name in [options.name] if options.name else config.servers:
            exposed = why_exposed(config, name)
            if exposed:
                raise ConfigError("{}: {}".format(path or "built-in herd", exposed))
    ensure(ROOT, "run", argv)
    if options.command != "run":
        return talk(options, config)
    data = options.data or ROOT / "data"
    if options.name is None:
        from herd.starter import run_herd

        return run_herd(config, path, data, options.log_level, options.demo)
    from web.serve import serve

    return serve(lambda: load(path, os.environ), options.name, data, options.log_level, options.until_stdin_closes)


def talk(options: Namespace, config: Config) -> int:
    """Be a client of a running herd."""
    import asyncio

    from herd import commands

    if options.command == "forget":
        from herd.forgetcommand import forget

        return forget(config, options.client, options.server)
    if options.command == "iamat":
        return asyncio.run(commands.iamat(config, options.client, options.location, options.time, options.server))
    if options.command == "whatsat":
        return asyncio.run(commands.whatsat(config, options.client, options.radius, options.limit, options.server))
    return asyncio.run(commands.replay(config, options.track, options.client, options.speed, options.server))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
