"""Set-up on a fresh machine, with real interpreters and pip, offline: a tiny package stands for the real ones."""

import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from herd.requirements import missing, requirements, stamp

ROOT = Path(__file__).resolve().parent.parent
# The interpreter below the one that runs the tests: one as a machine brings it.
BARE = str(getattr(sys, "_base_executable", sys.executable))
PATIENCE = 120  # seconds; only a hang takes so long

needs_pip = pytest.mark.skipif(
    subprocess.run([BARE, "-m", "pip", "--version"], capture_output=True, check=False).returncode != 0,
    reason="the interpreter below has no pip",
)


class Project:
    """A copy of the repository that needs only `tiny`, which comes from a folder of wheels."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        shutil.copytree(ROOT / "herd", self.root / "herd", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "run.py", self.root)
        self.needs("tiny>=1,<2")
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))
        }
        self.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "HOME": str(folder)}

    def needs(self, run: str, test: str = "tiny") -> None:
        """Write what the project needs."""
        text = f'[project]\ndependencies = ["{run}"]\n[dependency-groups]\ntest = ["{test}"]\n'
        (self.root / "pyproject.toml").write_text(text)

    def offer(self, version: str) -> None:
        """Make a wheel of tiny."""
        info = f"tiny-{version}.dist-info"
        with zipfile.ZipFile(self.wheels / f"tiny-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr("tiny.py", f"version = '{version}'\n")
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")

    def start(self, python: str = BARE, **environ: str) -> "subprocess.Popen[str]":
        """Start `run.py setup`, in a process group of its own."""
        return subprocess.Popen(
            [python, str(self.root / "run.py"), "setup"],
            env=self.environ | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def set_up(self, python: str = BARE, **environ: str) -> tuple[int | None, str, str]:
        """Run `run.py setup` to its end; return status, output and errors."""
        return finish(self.start(python, **environ))

    def version(self) -> str:
        """Return the version of tiny in .venv."""
        command = [str(self.root / ".venv/bin/python"), "-c", "import tiny; print(tiny.version)"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout.strip()


def finish(process: "subprocess.Popen[str]") -> tuple[int | None, str, str]:
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, err


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a fresh copy of the repository, with tiny 1.0 to be had."""
    made = Project(tmp_path)
    made.offer("1.0")
    return made


@needs_pip
def test_the_first_call_sets_up_and_the_second_finds_it(project: Project) -> None:
    status, out, err = project.set_up()
    assert (status, out) == (0, f"run.py: all that running needs is there, in {project.root / '.venv'}\n")
    assert err.startswith("run.py: setting up")
    assert project.version() == "1.0"
    assert project.set_up() == (0, out, "")


@pytest.mark.skipif(find_spec("ensurepip") is None, reason="this Python has no ensurepip")
def test_without_an_outer_pip_ensurepip_brings_one(project: Project, tmp_path: Path) -> None:
    subprocess.run([BARE, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True, timeout=PATIENCE)
    status, _, err = project.set_up(str(tmp_path / "bare/bin/python"))
    assert status == 0, err
    assert project.version() == "1.0"


@needs_pip
def test_without_venv_the_packages_go_into_a_folder_of_their_own(project: Project, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/venv.py").write_text("raise SystemExit('none here')\n")
    for expected in ("run.py: setting up", ""):
        status, out, err = project.set_up(PYTHONPATH=str(tmp_path / "broken"))
        assert (status, out.count("\n")) == (0, 1), err
        assert err.startswith(expected)
    assert (project.root / ".deps/tiny.py").exists()
    assert not (project.root / ".venv").exists()


@needs_pip
def test_half_a_venv_is_made_anew(project: Project) -> None:
    (project.root / ".venv/bin").mkdir(parents=True)
    (project.root / ".venv/bin/python").symlink_to("/nowhere/python3")
    assert project.set_up()[0] == 0
    assert project.version() == "1.0"


@needs_pip
def test_a_venv_whose_interpreter_takes_itself_for_the_systems_is_made_anew(project: Project) -> None:
    assert project.set_up()[0] == 0
    (project.root / ".venv/pyvenv.cfg").unlink()
    (project.root / ".venv/herd-run.stamp").unlink()
    assert project.set_up()[0] == 0
    assert project.version() == "1.0"


@needs_pip
def test_a_set_up_that_was_cut_off_repairs_itself(project: Project) -> None:
    process = project.start()
    deadline = time.monotonic() + PATIENCE
    while not (project.root / ".venv/bin/python").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    assert not (project.root / ".venv/herd-run.stamp").exists()
    assert project.set_up()[0] == 0
    assert project.version() == "1.0"


@needs_pip
def test_five_set_ups_at_once_do_the_work_once(project: Project) -> None:
    results = [finish(process) for process in [project.start() for _ in range(5)]]
    assert [status for status, _, _ in results] == [0] * 5, results
    assert sum("setting up" in err for _, _, err in results) == 1


@needs_pip
def test_new_requirements_are_installed_at_the_next_call(project: Project) -> None:
    assert project.set_up()[0] == 0
    project.offer("2.1")
    project.needs("tiny>=2,<3")
    assert project.set_up()[0] == 0
    assert project.version() == "2.1"


@needs_pip
def test_what_cannot_be_had_is_one_line_that_says_how_to_bring_it(project: Project) -> None:
    project.needs("tiny>=7,<8")
    status, out, err = project.set_up()
    assert (status, out) == (2, "")
    first, last = err.splitlines()
    assert first.startswith("run.py: setting up")
    assert last.startswith("run.py: cannot install tiny>=7,<8 (pip: ")
    assert last.endswith("Run this again with a network, or with a Python that has them")
    assert not list(project.root.glob(".*/*.stamp"))


@needs_pip
def test_settings_of_pip_that_lead_elsewhere_are_not_followed(project: Project, tmp_path: Path) -> None:
    status, _, err = project.set_up(PIP_USER="1", PIP_TARGET=str(tmp_path / "elsewhere"))
    assert status == 0, err
    assert project.version() == "1.0"


def test_an_interpreter_that_has_everything_is_used_as_it_is(project: Project, tmp_path: Path) -> None:
    (tmp_path / "has/tiny-1.5.dist-info").mkdir(parents=True)
    status, out, err = project.set_up(PYTHONPATH=str(tmp_path / "has"))
    assert (status, err) == (0, "")
    assert str(project.root) not in out
    assert not (project.root / ".venv").exists()


@pytest.mark.parametrize(
    ("needed", "folder"),
    [
        ("tiny", "tiny-1.0.dist-info"),
        ("tiny>=1.2,<2", "tiny-1.2.dist-info"),
        ("tiny>=1.0", "tiny-1.dist-info"),
        ("tiny>=1.9,<2", "Tiny-1.10.egg-info"),
        ("ti.ny-x>=1,<2", "Ti_ny_x-1.99.1.post1.dist-info"),
        ("tiny>=1,<2", "tiny-1.5-py3.11.egg-info"),
    ],
)
def test_a_distribution_within_the_bounds_is_not_missing(needed: str, folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir()
    assert missing([needed], ["/nowhere", str(tmp_path)]) == []


@pytest.mark.parametrize("folder", ["tiny-1.1.9.dist-info", "tiny-2.0.dist-info", "tin-1.5.dist-info", "tiny"])
def test_a_distribution_beyond_the_bounds_is_missing(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir()
    assert missing(["tiny>=1.2,<2"], [str(tmp_path)]) == ["tiny>=1.2,<2"]


def test_the_first_folder_of_the_path_counts(tmp_path: Path) -> None:
    for name in ("a/tiny-1.0.dist-info", "b/tiny-3.0.dist-info"):
        (tmp_path / name).mkdir(parents=True)
    assert missing(["tiny<2"], [str(tmp_path / "a"), str(tmp_path / "b")]) == []
    assert missing(["tiny<2"], [str(tmp_path / "b"), str(tmp_path / "a")]) == ["tiny<2"]


def test_every_requirement_of_ours_has_a_form_that_the_set_up_reads() -> None:
    needed = requirements(ROOT / "pyproject.toml", "test")
    assert set(missing(needed, [])) == set(needed)
    assert set(requirements(ROOT / "pyproject.toml", "run")) < set(needed)


def test_running_and_testing_have_stamps_of_their_own() -> None:

    assert stamp(requirements(ROOT / "pyproject.toml", "run")) != stamp(
        requirements(ROOT / "pyproject.toml", "test")
    )


def test_the_header_of_run_py_asks_for_what_pyproject_asks_for() -> None:
    lines = (ROOT / "run.py").read_text().splitlines()
    header = lines[lines.index("# /// script") + 1 : lines.index("# ///")]
    script = tomllib.loads("\n".join(line.removeprefix("# ") for line in header))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert script == {"requires-python": project["requires-python"], "dependencies": project["dependencies"]}
