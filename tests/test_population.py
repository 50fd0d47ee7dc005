"""examples/population: what its scenarios say and what its patients show."""

import importlib.util
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hybridmet.circulation.network import BodyNetwork
from hybridmet.ensemble import Ensemble
from hybridmet.measures.soil_fit import fit_soil
from hybridmet.report.ensemble_report import incidence_of
from hybridmet.report.population import populations
from hybridmet.scenario import load_scenario

EXAMPLES = Path(__file__).parents[1] / "examples"
FILES = ("scenario.toml", "breast.toml")


def study():
    """The module of the study that fitted the soil."""
    path = EXAMPLES / "disibio_french_2008" / "run.py"
    spec = importlib.util.spec_from_file_location("soil_study", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_soil_is_what_the_study_fits_without_the_two_primaries():
    module = study()
    observed, flux = module.data()
    known = {name: counts for name, counts in observed.items() if name not in module.HELD_OUT}
    fitted = module.survival(fit_soil(known, flux))
    for file in FILES:
        organs = load_scenario(EXAMPLES / "population" / file).organs
        assert set(organs) == {"default", *fitted}
        for bed, survival in fitted.items():
            assert organs[bed].soil.survival == pytest.approx(survival, rel=0.05)


def test_the_two_scenarios_differ_in_site_and_duration_alone():
    tables = [
        tomllib.loads((EXAMPLES / "population" / file).read_text(encoding="utf-8"))
        for file in FILES
    ]
    for table in tables:
        del table["name"], table["duration"], table["primary"]["site"]
    assert tables[0] == tables[1]


def test_organs_of_the_scenarios_take_the_catalogue():
    scenario = load_scenario(EXAMPLES / "population" / "scenario.toml")
    assert scenario.organs["brain"].fields["oxygen"].blood_value == 33.8
    assert scenario.organ("fat").shape == (20, 20, 20)
    assert all(scenario.organ(bed).soil.survival <= 1.0 for bed in BodyNetwork.load().beds)


@pytest.mark.slow
def test_soil_decides_where_few_arrivals_grow(tmp_path):
    """Of 72 patients (of 200 6 % had a metastasis in the adrenals): the lung receives most, the
    adrenals grow most for what they receive."""
    made = Ensemble(EXAMPLES / "population" / "scenario.toml", 72)
    with ThreadPoolExecutor(2) as executor:
        made.run(executor, output=tmp_path / "out")
    (population,) = populations(tmp_path / "out", 56 * 24.0)
    rows = {row.organ: row for row in incidence_of(population)}
    assert max(rows.values(), key=lambda row: row.arrivals).organ == "lung"
    assert rows["adrenal"].cases > 0 < rows["lung"].cases < 72
    assert rows["adrenal"].efficiency > 30 * rows["lung"].efficiency
    assert rows["skeletal muscle"].cases <= rows["lung"].cases
