"""The studies under examples/ run from their own folders and find what their tables say."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def rank(predictions, model):
    """Mean rank correlation of a model over the primaries that were held out."""
    return sum(p.errors[model].spearman for p in predictions) / len(predictions)


STUDIES = {
    "jiao_2009": lambda c: min(c["portal_vein"], c["hepatic_vein"])
    > max(c["radial_artery"], c["cubital_vein"]),
    "catenacci_2015": lambda ratio: 30 <= ratio <= 500,
    "resection_decay": lambda half_life: 1.0 <= half_life <= 2.4,
    "self_seeding_2013": lambda r: r["pass fraction 1e-4, linear solver"] > 1000
    and 1 < r["default beds, linear solver"] < 10,
    "filter_flow_2014": lambda c: c["pass fraction 1e-4, breast"] > 1000
    and c["default beds, breast"] < 10,
    "font_clos_2020": lambda found: 0
    < sum(a.spearman for a in found.values()) / len(found)
    < 0.5,
    "disibio_french_2008": lambda found: rank(found["shape"], "flow and soil")
    > 0.6
    > 0.4
    > rank(found["shape"], "flow alone")
    and max(found["survival"].values()) == 1.0,
}
"""Study -> what must hold of what its `main` returns."""


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_finds_what_its_table_says(name, capsys):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / name / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert STUDIES[name](module.main())
    printed = capsys.readouterr().out
    assert "published" in printed and "inputs" in printed.replace("input:", "inputs")


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_has_its_three_files(name):
    for file in ("scenario.toml", "run.py", "README.md"):
        assert (EXAMPLES / name / file).stat().st_size > 200
