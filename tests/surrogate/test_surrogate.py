"""SurrogateTissue: what it shares with Tissue, and what stands in for sites, fields, vessels."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from hybridmet import Simulation, tables
from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.derived import derived
from hybridmet.tissue import mean_field
from hybridmet.tissue.clones import MutationParameters
from hybridmet.tissue.fields import DEFAULT_FIELDS
from hybridmet.tissue.initial_cells import InitialCells
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES, Response
from hybridmet.tissue.surrogate_parameters import SurrogateParameters
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import PointVessels, VesselParameters
from tests.surrogate.cultures import STILL, run, surrogate, with_founders

BUSY = {
    "epithelial": replace(
        STILL, division_rate=0.05, death_rate=0.01, necrosis_rate=0.005, clearance_rate=0.01,
        transition_rates={"mesenchymal": 0.01}, shedding_rate=1e-4, cohesion=0.1,
    ),
    "mesenchymal": replace(
        STILL, division_rate=0.03, death_rate=0.01, intravasation_rate=1e-4, cohesion=0.05,
    ),
}  # fmt: skip
VESSELS = VesselParameters()
SMALL = """
name = "small"
duration = "6 d"
time_step = "2 h"
[output]
every = "2 d"
vtk_every = "3 d"
[tissue]
model = "surrogate"
[tissue.surrogate]
exact_below = 400
[primary]
site = "breast"
shape = [24, 24, 24]
[organs.default]
shape = [20, 20, 20]
[mutation]
probability = 0.01
spread = { division = 0.2 }
[phenotypes.epithelial]
reactivation_rate = "0.01 / h"
shedding_rate = "1e-3 / (um^2 h)"
"""


def busy(seed=1, **options):
    mutation = MutationParameters(probability=0.02, spread={"division": 0.3})
    tissue = surrogate(BUSY, seed=seed, vessels=VESSELS, mutation=mutation, **options)
    tissue.start(InitialCells(radius=100.0))
    return tissue


def dtcs(n: int, phenotype: int = 0) -> np.ndarray:
    out = np.zeros(n, tables.DTC)
    out["ctc"] = out["cluster"] = np.arange(7, 7 + n)
    out["clone"], out["phenotype"], out["tissue"] = 1, phenotype, 3
    return out


@pytest.mark.parametrize("exact_below", [1, 10**6])
def test_no_cell_is_lost_event_by_event_or_by_leaps(exact_below):
    tissue = busy(parameters=SurrogateParameters(exact_below=exact_below))
    run(tissue, 60.0, 2.0)
    flows = tissue.flows
    for name in ("born", "died_apoptosis", "died_necrosis", "cleared", "transitions", "mutated"):
        assert flows[name] > 0, name
    assert flows["intravasated"] > 0 and (exact_below > 1) == ("leaps" not in flows)
    assert tissue.clone_sizes().sum() == tissue.living == tissue.counts()["cells"]
    assert tissue.census().sum() == tissue.living + tissue.debris


@pytest.mark.parametrize("exact_below", [1, 10**6])
def test_leaps_and_single_events_have_the_same_means(exact_below):
    """Living cells after 48 h of 40 tissues against the rate equations, summed by hand."""
    rates = replace(STILL, division_rate=0.05, death_rate=0.02)
    sizes = []
    for seed in range(40):
        tissue = surrogate(rates, SurrogateParameters(1e6, 10**12, exact_below), seed=seed)
        tissue.start(InitialCells(radius=100.0, phenotypes={"cell": 1.0}))
        start = tissue.living
        run(tissue, 48.0, 6.0)
        sizes.append(tissue.living)
    growth = np.exp(0.03 * 48.0)
    deviation = np.sqrt(start * 0.07 / 0.03 * growth * (growth - 1.0) / len(sizes))
    assert abs(np.mean(sizes) - start * growth) < 3.0 * deviation


def test_equal_seeds_equal_results_and_other_seeds_others():
    states = []
    for seed in (1, 1, 2):
        tissue = busy(seed)
        run(tissue, 30.0, 3.0)
        states.append(b"".join(a.tobytes() for _, a in tissue.state_arrays()))
    assert states[0] == states[1] != states[2]


def test_a_colony_does_not_depend_on_when_others_came():
    """Founder 8 alone, or with twenty others placed before and after it."""
    rates = replace(STILL, division_rate=0.05, death_rate=0.02)
    alone, among = surrogate(rates, arrival="active"), surrogate(rates, arrival="active")
    everyone = dtcs(20)
    for tissue, rows in ((alone, everyone[1:2]), (among, everyone[::-1])):
        tissue.clones.add_initial(1, 0)
        tissue.seed_cells(rows)
        run(tissue, 50.0, 5.0)
    wanted = np.array([8], np.uint32)
    assert alone.lines.living_of(wanted) == among.lines.living_of(wanted)
    assert np.all(np.diff(among.lines.founder.astype(int)) >= 0)


def test_leavers_are_those_a_circulation_takes():
    tissue = busy()
    rows = np.concatenate([tissue.step(2.0) for _ in range(30)])
    assert len(rows) == tissue.flows["intravasated"] > 50
    assert np.all(np.diff(rows["time"]) >= 0) and np.all(rows["site"] == -1)
    assert (rows["cluster_size"] > 1).any() and set(rows["phenotype"]) == {0, 1}
    assert set(np.unique(rows["ruptured"])) == {0, 1}


def test_a_lattice_and_its_surrogate_start_with_the_same_cells():
    initial = InitialCells(radius=100.0)
    tissue = busy()
    lattice = Tissue(
        "organ", index=0, bed="organ", lattice=Lattice((40, 40, 40), 20.0), fields={},
        phenotypes=BUSY, vessels=VESSELS, parameters=TissueParameters(), seed=1,
    )  # fmt: skip
    lattice.start(initial)
    assert lattice.living == tissue.living
    sizes = tissue.clone_sizes()
    np.testing.assert_array_equal(sizes, lattice.clone_sizes())
    assert lattice.counts()["mesenchymal"] == tissue.counts()["mesenchymal"]


def test_dtcs_sleep_until_they_wake_and_found_colonies():
    waking = replace(STILL, reactivation_rate=0.1, division_rate=0.1)
    tissue = surrogate(waking)
    tissue.clones.add_initial(1, 0)
    events = tissue.seed_cells(dtcs(30))
    assert set(events["outcome"]) == {tables.SEEDED} and tissue.counts()["dormant"] == 30
    run(tissue, 60.0, 6.0)
    colonies = tissue.founders.colonies()
    assert len(colonies) > 20
    for row in colonies:
        assert 0.0 < row.first_division < 60.0 and row.parent == 3 and row.cells >= 2
    assert sum(row.cells for row in tissue.founders.rows) == tissue.living


def test_a_full_organ_takes_no_dtc_and_its_cells_rest():
    full = SurrogateParameters(capacity=50)
    tissue = with_founders(surrogate(replace(STILL, division_rate=1.0), full), 1, 50)
    events = tissue.seed_cells(dtcs(2))
    assert set(events["outcome"]) == {tables.NO_ROOM} and tissue.flows["failed_no_room"] == 2
    run(tissue, 5.0, 1.0)
    assert tissue.living == 50 and tissue.counts()["quiescent"] == 50


def test_growth_ends_at_the_capacity():
    tissue = with_founders(
        surrogate(replace(STILL, division_rate=0.1), SurrogateParameters(1e6, 2000)), 4
    )
    run(tissue, 200.0, 1.0)
    assert 1990 <= tissue.living <= 2000


def test_a_resected_tissue_is_empty_and_balanced():
    tissue = busy()
    run(tissue, 20.0, 2.0)
    living = tissue.living
    assert tissue.remove() == living == tissue.flows["removed"]
    tissue.check_ledger()
    assert tissue.living == tissue.debris == 0 and len(tissue.step(2.0)) == 0


def test_oxygen_is_that_of_a_krogh_cylinder():
    """100 mm/mm^3 in tissue of tumour cells: wall and cylinder in series, by hand."""
    oxygen, even = DEFAULT_FIELDS["oxygen"], mean_field.EvenVessels(1e-4, 5.0, 0.1)
    wall = 1.0 / (2.0 * np.pi * 5.0 * 3.6e6)
    tissue = (np.log(np.sqrt(1.0 / (np.pi * 1e-4)) / 5.0) - 0.75) / (2.0 * np.pi * 8.7e6)
    rate = 1e-4 / (wall + tissue)
    cell = DEFAULT_PHENOTYPES["epithelial"]
    found = mean_field.field_value("oxygen", oxygen, cell, even)
    assert found == pytest.approx(20.0 * rate / (rate + 780.0), rel=1e-12)
    assert mean_field.field_value("ecm", DEFAULT_FIELDS["ecm"], cell, even) == 1.0


def test_mean_oxygen_is_near_that_of_a_lattice_full_of_cells():
    """Within 15 %: vessels of the lattice are a mesh, not parallel cylinders."""
    cell = replace(STILL, uptake_rates={"oxygen": 780.0})
    lattice = Tissue(
        "organ", index=0, bed="organ", lattice=Lattice((24, 24, 24), 20.0),
        fields={"oxygen": DEFAULT_FIELDS["oxygen"]}, phenotypes={"cell": cell}, vessels=VESSELS,
        parameters=TissueParameters(), seed=1,
    )  # fmt: skip
    lattice.start(InitialCells(radius=1000.0, phenotypes={"cell": 1.0}))
    even = mean_field.EvenVessels.of(VESSELS, lattice.lattice)
    found = mean_field.field_value("oxygen", DEFAULT_FIELDS["oxygen"], cell, even)
    assert found == pytest.approx(float(lattice.fields["oxygen"].mean()), rel=0.15)


@pytest.mark.parametrize("shape", [(24, 24, 24), (60, 60)])
def test_wall_areas_are_the_means_over_the_sites_of_the_mesh(shape):
    lattice, vessels = (
        Lattice(shape, 20.0),
        VesselParameters(ruptured_fraction=0.3, radius_variation=0.0),
    )
    tissue = Tissue(
        "organ", index=0, bed="organ", lattice=lattice, fields={}, phenotypes={"cell": STILL},
        vessels=vessels, parameters=TissueParameters(), seed=1,
    )  # fmt: skip
    intact, ruptured = mean_field.EvenVessels.of(vessels, lattice).wall_areas(lattice)
    sites = tissue.vasculature.sites
    total = (sites.intact_area.sum() + sites.ruptured_area.sum()) / lattice.sites
    assert intact + ruptured == pytest.approx(total, rel=1e-6)
    assert ruptured == pytest.approx(0.3 * (intact + ruptured))


def test_point_vessels_count_by_their_sites():
    lattice = Lattice((100, 100), 10.0)
    even = mean_field.EvenVessels.of(VesselParameters(points=PointVessels(8, 2)), lattice)
    assert even.density == pytest.approx(18 / 1e6) and even.ruptured == pytest.approx(10 / 18)


def test_responses_act_as_the_kernel_computes_them():
    low = Response("division", "oxygen", "low", half_maximum=5.0, extreme=0.0, power=2.0)
    assert mean_field.response_factor(low, 10.0) == pytest.approx(0.8)
    assert mean_field.response_factor(low, 0.0) == 0.0
    sharp = replace(low, shape="threshold", when="high", extreme=3.0)
    assert mean_field.response_factor(sharp, 5.1) == 3.0
    assert mean_field.response_factor(sharp, 5.0) == 1.0


def test_a_patient_of_surrogates_runs_from_one_scenario(tmp_path):
    scenario = loads_scenario(SMALL)
    rows = dict(derived(scenario))
    assert rows["organs.default: model"].startswith("surrogate: numbers of cells")
    one = dict(derived(loads_scenario(SMALL, ["organs.lung.soil.survival=0.5"])))["organs.lung"]
    assert re.fullmatch(r"surrogate: room for \d+ cells, which enter the blood at .* / h", one)
    simulation = Simulation(scenario).run(output=tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["status"] == "completed" and len(record["ledger"]) > 2
    assert all(ledger["imbalance"] == 0 for ledger in record["ledger"].values())
    rows = list(csv.DictReader((tmp_path / "run" / "history.csv").open()))
    assert {row["vessel_length_mm"] for row in rows} == {""} and rows[-1]["oxygen_mean_mmHg"] == ""
    assert {row["organ"] for row in rows} == set(simulation.patient.tissues)
    assert (tmp_path / "run" / "vtk" / "body.pvd").exists()
    assert not (tmp_path / "run" / "vtk" / "cells.pvd").exists()
    assert len(simulation.patient.colonies()) > 0
    assert simulation.numerics()["breast"]["cells"]["leaps"] > 0


def test_the_digest_does_not_depend_on_threads():
    scenario = loads_scenario(SMALL)
    digests = {Simulation(scenario, threads=n).run().patient.digest() for n in (1, 2)}
    assert len(digests) == 1


@pytest.mark.parametrize(
    "table", ['[tissue.contact_entry]\n', '[tissue.synchronous_division]\nepithelial = "20 h"\n']
)
def test_rules_that_need_sites_are_refused(table):
    text = SMALL.replace("[tissue.surrogate]\nexact_below = 400\n", table)
    with pytest.raises(ScenarioError, match='tissue.model is "surrogate"'):
        loads_scenario(text, ["mutation.probability=0"])
