"""The simulation has teeth: some defects here, all of them by `python3 run.py sabotage`."""

import shutil
from pathlib import Path

import pytest

from tests.herding import ROOT
from tests.simulation.defects import DEFECTS, Defect
from tests.simulation.sabotage import apply, sabotage

QUICK = (  # each shows within the first seeds
    "ties are decided by arrival",
    "a fresh report is told back",
    "a new link begins at the end of the feed",
    "the rest of a split line is dropped",
    "an answer leaves before it is true",
)
SEEDS = 10


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_place_of_a_defect_is_there_once_and_what_it_makes_of_it_is_python(
    defect: Defect, tmp_path: Path
) -> None:
    (tmp_path / defect.file).parent.mkdir(parents=True)
    shutil.copy(ROOT / defect.file, tmp_path / defect.file)
    apply(defect, tmp_path)
    compile((tmp_path / defect.file).read_text("utf-8"), defect.file, "exec")


@pytest.mark.parametrize("name", QUICK)
def test_a_defect_is_noticed(name: str) -> None:
    (defect,) = [defect for defect in DEFECTS if defect.name == name]
    caught = sabotage(defect, SEEDS)
    assert caught.seeds is not None, caught.how
