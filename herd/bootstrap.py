"""Brings what the project needs into a folder of its own and starts the program there."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE, STDOUT, CompletedProcess
from typing import NoReturn

from herd.locks import locked
from herd.requirements import Kind, missing, requirements, stamp

# Set for the program that was just started again, so that a set-up that does not help is no endless loop.
AGAIN = "HERD_SET_UP"
PIP_WITH_PYTHON = (22, 3)  # the first pip with --python
BRING_PIP = "Install python3-pip or python3-venv (on Debian and Ubuntu with apt), then run this again"
BRING_NETWORK = "Run this again with a network, or with a Python that has them"


class SetUpError(Exception):
    """Why there is nothing to run with, and how to help it. One line."""


class SetUp:
    """The set-up of one copy of the repository for running or testing it."""

    def __init__(self, root: Path, kind: Kind) -> None:
        self.root = root
        self.kind = kind
        self.needed = requirements(root / "pyproject.toml", kind)
        self.venv = root / ".venv"
        self.deps = root / ".deps"
        windows = sys.platform == "win32"
        self.python = self.venv / ("Scripts/python.exe" if windows else "bin/python")

    def ready(self) -> bool:
        """Whether the running interpreter is good as it is."""
        if Path(sys.prefix).resolve() == self.venv.resolve():
            return self._stamped(self.venv)
        return not missing(self.needed, sys.path)

    def make(self) -> None:
        """Install what is needed, unless it is there. SetUpError where that cannot be done."""
        if self._done():
            return
        try:
            with locked(self.root / ".setup.lock", lambda: say("waiting for another set-up to end")) as lock:
                if not self._done():
                    self._install(lock)
        except OSError as error:
            raise SetUpError(f"cannot set up {self.root}: {error}") from error

    def start_again(self, arguments: list[str]) -> NoReturn:
        """Run run.py with these arguments where the set-up was made; does not return."""
        if os.environ.get(AGAIN) == self.kind:
            lacking = ", ".join(missing(self.needed, sys.path)) or "its stamp"
            raise SetUpError(
                f"the set-up still lacks {lacking}: remove {self.venv} and {self.deps}, then try again"
            )
        environ = {**os.environ, AGAIN: self.kind}
        python = str(self.python)
        if not self._stamped(self.venv):
            python = sys.executable
            environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(self.deps), environ.get("PYTHONPATH")]))
        command = [python, str(self.root / "run.py"), *arguments]
        sys.stdout.flush()
        if sys.platform == "win32":  # exec there ends this process before the new one does
            raise SystemExit(subprocess.run(command, env=environ, check=False).returncode)  # noqa: S603
        os.execve(python, command, environ)  # noqa: S606 -- our own interpreter, no shell wanted

    def _done(self) -> bool:
        return (self.python.is_file() and self._stamped(self.venv)) or self._stamped(self.deps)

    def _stamp(self, folder: Path, kind: Kind) -> Path:
        return folder / f"herd-{kind}.stamp"

    def _stamped(self, folder: Path) -> bool:
        try:
            return self._stamp(folder, self.kind).read_text("utf-8") == stamp(self.needed)
        except (OSError, ValueError):  # none, or half a one
            return False

    def _install(self, lock: int) -> None:
        names = ", ".join(re.split("[<>=]", line, maxsplit=1)[0] for line in self.needed)
        say(f"setting up, once, about 15 s: {names}")
        kinds: tuple[Kind, ...] = ("run", "test") if self.kind == "test" else ("run",)
        if self._make_venv():
            folder, command = self.venv, self._pip_for_venv()
        elif find_spec("pip"):
            folder, command = self.deps, [sys.executable, "-m", "pip", "install", "--target", str(self.deps)]
            command.append("--upgrade")  # else what a cut-off set-up left behind stays as it is
        else:
            raise SetUpError(f"this Python has neither venv nor pip. {BRING_PIP}")
        for kind in ("run", "test"):  # no stamp while the folder is between two states
            self._stamp(folder, kind).unlink(missing_ok=True)
        self._pip(command, lock)
        for kind in kinds:  # last of all: a set-up that is cut off has no stamp
            needed = requirements(self.root / "pyproject.toml", kind)
            self._stamp(folder, kind).write_text(stamp(needed), "utf-8")

    def _make_venv(self) -> bool:
        """Make .venv, unless there is one of this Python's version; return whether there is one now."""
        if self._venv_works():
            return True
        if find_spec("venv") is None:
            return False
        shutil.rmtree(self.venv, ignore_errors=True)
        # Without pip: that is what Debian splits off into python3-venv.
        _call([sys.executable, "-m", "venv", "--without-pip", str(self.venv)])
        return self._venv_works()

    def _venv_works(self) -> bool:
        """Whether .venv has an interpreter of this version that knows it is in there.

        One without its pyvenv.cfg takes itself for the system's, and pip would install there.
        """
        done = _call([str(self.python), "-c", "import sys; print(sys.implementation.cache_tag); print(sys.prefix)"])
        tag, _, prefix = done.stdout.strip().partition("\n")
        return tag == sys.implementation.cache_tag and Path(prefix).resolve() == self.venv.resolve()

    def _pip_for_venv(self) -> list[str]:
        """Return the command that installs into .venv: the outer pip, or one that ensurepip puts there."""
        version = re.match(r"pip (\d+)\.(\d+)", _call([sys.executable, "-m", "pip", "--version"]).stdout)
        if version and (int(version[1]), int(version[2])) >= PIP_WITH_PYTHON:
            return [sys.executable, "-m", "pip", "--python", str(self.python), "install"]
        if _call([str(self.python), "-m", "ensurepip"]).returncode:
            raise SetUpError(f"this Python has neither pip 22.3 nor ensurepip. {BRING_PIP}")
        return [str(self.python), "-m", "pip", "install"]

    def _pip(self, command: list[str], lock: int) -> None:
        # Settings of the user's that lead elsewhere are not meant for this folder.
        environ = {**os.environ, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_REQUIRE_VIRTUALENV": "0"}
        for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"):
            environ.pop(name, None)
        command = [*command, "--quiet", "--disable-pip-version-check", *self.needed]
        done = _call(command, environ, lock)
        if done.returncode:
            errors = re.findall(r"^ERROR: (.*)", done.stdout, re.MULTILINE) or done.stdout.strip().split("\n")
            lacking = ", ".join(missing(self.needed, sys.path))
            raise SetUpError(f"cannot install {lacking} (pip: {errors[-1].strip()}). {BRING_NETWORK}")


def ensure(root: Path, kind: Kind, arguments: list[str]) -> None:
    """Return if this interpreter has what `kind` needs; else set up and start run.py again with the arguments."""
    set_up = SetUp(root, kind)
    if not set_up.ready():
        set_up.make()
        set_up.start_again(arguments)
    os.environ.pop(AGAIN, None)  # what this program starts is not the one that was started again


def say(line: str) -> None:
    """Tell the person at the terminal how the set-up goes."""
    print(f"run.py: {line}", file=sys.stderr, flush=True)


def _call(
    command: list[str], environ: dict[str, str] | None = None, lock: int | None = None
) -> CompletedProcess[str]:
    """Run the command to its end, its errors in its output; 127 where there is no such program."""
    # A pip that outlives us still holds the lock, and so keeps others out.
    held = () if lock is None or sys.platform == "win32" else (lock,)
    try:
        return subprocess.run(  # noqa: S603 -- only commands made in this file
            command,
            env=environ,
            pass_fds=held,
            stdout=PIPE,
            stderr=STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return CompletedProcess(command, 127, stdout="")
