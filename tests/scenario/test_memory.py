"""What a scenario amounts to, and the refusal of one that does not fit into memory."""

import subprocess
import sys

import pytest

from hybridmet.errors import ScenarioError
from hybridmet.organ_catalogue import catalogue
from hybridmet.scenario import loads_scenario, memory
from hybridmet.scenario.derived import derived
from hybridmet.scenario.memory import (
    bytes_text,
    lattice_bytes,
    machine_bytes,
    most_bytes,
    output_bytes,
    peak_bytes,
)

HEAD = 'name = "test"\nduration = "2 d"\n'


@pytest.mark.parametrize("shape", ["[20000, 20000, 20000]", "[1000000000, 1000000000]"])
@pytest.mark.parametrize("lattice", ["primary", "organs.default"])
def test_a_lattice_that_cannot_fit_is_refused_with_the_estimate(lattice, shape):
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(f"{HEAD}{lattice}.shape = {shape}", name="a.toml")
    line = str(caught.value)
    assert line.startswith(f"a.toml:3: {lattice}.shape: got {shape}, must fit into memory: ")
    assert "the scenario needs about" in line
    assert "\n" not in line


def test_a_container_s_limit_counts(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "CONTROL_GROUP_LIMITS", (limit, tmp_path / "absent"))
    limit.write_text("1000\n")
    assert machine_bytes() == 1000
    with pytest.raises(ScenarioError, match="this machine has 1 kB"):
        loads_scenario(HEAD)
    limit.write_text("max\n")
    assert machine_bytes() > 1e8


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_600, "1 MB"), (1.5e9, "1.5 GB")],
)
def test_bytes_are_written_readably(n, text):
    assert bytes_text(n) == text


MEASURE = """
import sys, tempfile
from hybridmet.output.run_json import peak_memory
from hybridmet.scenario import loads_scenario
from hybridmet.simulation import Simulation

Simulation(loads_scenario(sys.argv[1]), threads=1).run(output=tempfile.mkdtemp())
print(peak_memory())
"""


STAY = "".join(
    f'[phenotypes.{name}]\nintravasation_rate = "0 / (um^2 h)"\nshedding_rate = "0 / (um^2 h)"\n'
    for name in ("epithelial", "mesenchymal")
)
"""No cell leaves for an organ, whose lattice would take memory, too."""


def peak_of(text: str) -> int:
    """Peak memory of a process that runs a scenario [bytes]."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, text], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "radius", "precision", "vtk", "slots"),
    [
        (8, 40, "float64", "true", 1),
        (128, 60, "float64", "false", 1),
        (128, 60, "float32", "false", 1),
        (128, 2200, "float32", "false", 1),
        (112, 1900, "float32", "true", 1),
        (80, 60, "float64", "true", 4),
    ],
)
def test_the_estimate_is_what_a_run_takes(n, radius, precision, vtk, slots):
    text = (
        'name = "m"\nduration = "1 h"\n'
        f"output.vtk = {vtk}\ntissue.slots = {slots}\n"
        f'tissue.precision = "{precision}"\n[primary]\nshape = [{n}, {n}, {n}]\n'
        f'cells.radius = "{radius} um"\n{STAY}'
    )
    assert peak_of(text) == pytest.approx(peak_bytes(loads_scenario(text), organs=0), rel=0.2)


ORGANS = """
import sys, tempfile
from hybridmet.output.run_json import peak_memory
from hybridmet.scenario import loads_scenario
from hybridmet.simulation import Simulation

simulation = Simulation(loads_scenario(sys.argv[1]), threads=1).run(output=tempfile.mkdtemp())
print(peak_memory(), len(simulation.patient.tissues) - 1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("vtk", ["false", "true"])
def test_the_estimate_holds_with_organs(vtk):
    text = (
        f'name = "m"\nduration = "30 h"\noutput.vtk = {vtk}\n'
        '[primary]\nshape = [48, 48, 48]\ncells.radius = "200 um"\n'
        "[organs.default]\nshape = [80, 80, 80]\n"
        '[phenotypes.mesenchymal]\nintravasation_rate = "5e-4 / (um^2 h)"\n'
    )
    command = [sys.executable, "-c", ORGANS, text]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, organs = map(int, done.stdout.split())
    assert organs >= 2
    assert peak == pytest.approx(peak_bytes(loads_scenario(text), organs=organs), rel=0.2)


FILLED = """
import sys
from hybridmet.output.run_json import peak_memory
from hybridmet.scenario import loads_scenario
from hybridmet.simulation import Simulation

patient = Simulation(loads_scenario(sys.argv[1]), threads=1).run().patient
print(peak_memory(), patient.primary.living, len(patient.tissues), len(patient.primary.fields))
"""


def full_lattice(n: int) -> str:
    """A cube of n^3 sites, a cell in (nearly) each, none of which leaves for another lattice."""
    return (
        f'name = "full"\nduration = "3 h"\ntissue.precision = "float32"\n{STAY}'
        f'[primary]\nshape = [{n}, {n}, {n}]\ncells.radius = "{17.3 * n} um"\n'
    )


@pytest.mark.slow
def test_a_full_lattice_of_three_float32_fields_takes_at_most_64_bytes_a_site():
    """Peaks of whole processes, less that of a lattice with hardly any sites; without output."""
    peaks = {}
    for n in (8, 96):
        command = [sys.executable, "-c", FILLED, full_lattice(n)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks[n], living, tissues, fields = map(int, done.stdout.split())
        assert (tissues, fields) == (1, 3)
        assert living > 0.98 * n**3
    assert 40.0 < (peaks[96] - peaks[8]) / (96**3 - 8**3) <= 64.0
    scenario = loads_scenario(full_lattice(96))
    counted = lattice_bytes(scenario.primary, scenario)
    assert counted == pytest.approx(peaks[96] - peaks[8], rel=0.1)


def test_more_cells_and_organs_need_more_memory():
    scenario = loads_scenario(HEAD)
    least = peak_bytes(scenario, cells=0, organs=0)
    organ = max(lattice_bytes(scenario.organ(bed), scenario) for bed in catalogue())
    assert peak_bytes(scenario, cells=0, organs=3) == least + 3 * organ
    assert peak_bytes(scenario, cells=1e8, organs=0) > least + 1e10
    row = dict(derived(scenario, cells=1e8, organs=3))["memory"]
    assert "with 1e+08 cells and 3 organs besides the primary" in row


def test_derived_numbers_are_those_of_the_scenario():
    scenario = loads_scenario(
        HEAD
        + 'time_step = "30 min"\noutput.vtk_every = "20 h"\n'
        + '[primary]\nsite = "colon"\nshape = [10, 20, 30]\nspacing = "10 um"\n'
        + '[organs.lung]\nshape = [50, 60]\n[phenotypes.epithelial]\ndivision_rate = "0 / h"\n'
    )
    rows = dict(derived(scenario))
    assert rows["scenario"] == "test"
    assert rows["duration"] == "2 d in 96 steps of 0.5 h"
    assert rows["output"] == "5 times; 4 frames for ParaView"
    assert rows["primary: size"] == "0.3 x 0.2 x 0.1 mm, 6000 sites of 10 um"
    assert rows["organs.lung: size"] == "1.2 x 1 mm, 3000 sites of 20 um"
    assert "drains into" in rows["primary.site"]
    oxygen = scenario.fields["oxygen"]
    length = (oxygen.diffusivity / oxygen.background_uptake_rate) ** 0.5
    assert rows["fields.oxygen: diffusion length"] == f"{length:.4g} um without cells"
    assert rows["phenotypes.epithelial: doubling time"] == "never"
    assert int(rows["primary: sub-steps"].split()[0]) >= 1
    assert rows["memory"].startswith("about ")


def test_sizes_that_no_organ_has_room_for_are_told():
    label = "tissue.colonies: never reached"
    scenario = loads_scenario(HEAD + "[organs.default]\nshape = [20, 20, 20]\n")
    told = dict(derived(scenario))[label]
    assert told == (
        "macrometastasis (500,000 cells) and detection (100,000,000 cells): no organ has room for "
        "more than 8,000 cells"
    )
    small = ("tissue.colonies.macrometastasis=8000", "tissue.colonies.detection=8000")
    reached = loads_scenario(HEAD + "[organs.default]\nshape = [20, 20, 20]\n", small)
    assert label not in dict(derived(reached))


def test_all_organs_take_as_much_as_so_many_alike():
    """Without the catalogue all are as organs.default, and none has cells to write out."""
    scenario = loads_scenario("organ_catalogue = false\n" + HEAD)
    beds = ["lung", "liver", "brain"]
    few = peak_bytes(scenario, cells=0, organs=3) - output_bytes(scenario.primary, scenario, 0)
    assert most_bytes(scenario, beds) == few


def test_no_label_stands_twice():
    labels = [label for label, _ in derived(loads_scenario(HEAD))]
    assert len(labels) == len(set(labels))
