"""The colony table: what a metastasis is called, and when it became that."""

from itertools import pairwise

import numpy as np
import pytest

from hybridmet import Simulation, tables
from hybridmet.errors import ScenarioError
from hybridmet.scenario import loads_scenario
from hybridmet.tissue.colony_sizes import ColonySizes
from hybridmet.tissue.founders import Founder, Founders

SIZES = ColonySizes(micrometastasis=5, macrometastasis=20, detection=50)


def founders(*serials):
    out = Founders(sizes=SIZES)
    for ctc in serials:
        out.add(Founder(ctc=ctc, clone=1, phenotype=0, parent=0, arrival=1.0, site=0))
    return out


def test_times_are_those_of_the_first_crossing():
    rows = founders(7)
    counts = [1, 2, 6, 3, 6, 25, 60, 10, 70]
    for time, cells in enumerate(counts, start=2):
        rows.census(np.array([cells]), float(time))
    found = rows.rows[0]
    assert found.first_division == 3.0
    assert found.reached == (4.0, 7.0, 8.0)
    assert found.cells == 70


def test_a_colony_that_never_grew_so_far_has_no_such_time():
    rows = founders(1, 2)
    rows.census(np.array([1, 4]), 9.0)
    assert rows.rows[0].first_division is None
    assert rows.rows[1].reached == (None, None, None)
    assert np.isnan(rows.table()["detection"]).all()


@pytest.mark.parametrize(
    ("cells", "name"),
    [(0, "colony"), (4, "colony"), (5, "micrometastasis"), (19, "micrometastasis"),
     (20, "macrometastasis"), (10**9, "macrometastasis")],
)  # fmt: skip
def test_a_colony_is_called_by_its_size(cells, name):
    assert SIZES.name_of(cells) == name


def test_a_ball_of_two_millimetres_is_a_macrometastasis():
    ball = np.pi / 6 * 2000.0**3 / 20.0**3
    assert ColonySizes().macrometastasis == pytest.approx(ball, rel=0.05)


def test_a_macrometastasis_is_no_smaller_than_a_micrometastasis():
    with pytest.raises(ScenarioError, match="macrometastasis: got 3, must be >= micrometastasis"):
        ColonySizes(micrometastasis=4, macrometastasis=3)


SCENARIO = """
name = "colonies"
duration = "8 d"
primary = false
[tissue]
arrival = "active"
[tissue.colonies]
micrometastasis = 4
macrometastasis = 16
detection = 40
[organs]
default = false
[organs.lung]
shape = [24, 24, 24]
[organs.lung.vessels]
length_density = "50 mm/mm^3"
[[sources]]
place = "breast"
rate = "2 / h"
end = "1 d"
"""


@pytest.mark.parametrize("model", ["lattice", "surrogate"])
def test_the_table_follows_every_colony_of_a_run(model, tmp_path):
    scenario = loads_scenario(SCENARIO, [f"tissue.model={model}"])
    sim = Simulation.from_scenario(scenario, threads=1).run(output=tmp_path / "o")
    table = sim.patient.colonies()
    assert table.dtype == tables.COLONY and len(table) > 5
    assert set(table["parent_organ"]) == {"source"}
    times = [table[name] for name in ("arrival_h", "first_division_h", "micrometastasis_h",
                                      "macrometastasis_h", "detection_h")]  # fmt: skip
    for earlier, later in pairwise(times):
        reached = ~np.isnan(later)
        assert np.all(earlier[reached] <= later[reached])
        assert np.all(later[reached] <= 8 * 24.0)
    large = table["cells"] >= 40
    assert large.any() and not np.isnan(table["detection_h"][large]).any()
    row = next(row for row in sim.summary() if row["organ"] == "lung")
    assert row["detected"] == (~np.isnan(table["detection_h"])).sum()
    assert row["micrometastases"] == (~np.isnan(table["micrometastasis_h"])).sum()
    assert row["macrometastases"] == (~np.isnan(table["macrometastasis_h"])).sum()
    assert 0 < row["macrometastases"] <= row["micrometastases"] <= row["colonies"] == len(table)
    header, first = (tmp_path / "o" / "colonies.csv").read_text().splitlines()[:2]
    assert header == ",".join(tables.COLONY.names)
    assert first.startswith("lung,lung,")


@pytest.mark.parametrize("model", ["lattice", "surrogate"])
def test_dormancy_is_counted(model):
    """Seeded cells sleep, wake or die: the summary tells of each."""
    text = SCENARIO.replace('arrival = "active"', 'arrival = "dormant"')
    text += '[phenotypes.epithelial]\nreactivation_rate = "0.005 / h"\n'
    sim = Simulation.from_scenario(loads_scenario(text, [f"tissue.model={model}"]), threads=1).run()
    row = next(row for row in sim.summary() if row["organ"] == "lung")
    assert min(row["dormant"], row["reactivated"], row["died_dormant"]) > 0
    slept = row["dormant"] + row["reactivated"] + row["died_dormant"]
    assert slept == row["seeded"]
