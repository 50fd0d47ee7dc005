"""ParaView opens what a run writes: every series, every time, every array by its name."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from hybridmet.output.vtk_series import KINDS, VtkSeries
from hybridmet.tissue.blood_flow import solve_flow
from hybridmet.tissue.network_file import write_network
from tests.output.fakes import UNITS, FakePatient, FakeTissue
from tests.tissue.flow_problems import random_network

SCRIPTS = Path(__file__).parent / "paraview"
TIMES = [0.0, 24.0, 36.5]
TRAITS = {"phenotype", "state", "clone", "founder", "age"}
HINT = "ParaView is not installed: apt-get install -y paraview xvfb"

pytestmark = pytest.mark.skipif(shutil.which("pvpython") is None, reason=HINT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run in which organs appear, one of them flat, one without a cell."""
    patient = FakePatient(FakeTissue("liver", "liver", 0))
    series = VtkSeries(tmp_path_factory.mktemp("run"), patient.circulation.network, 160.0)
    series.observe(patient)
    patient.time = TIMES[1]
    patient.tissues["lung"] = FakeTissue("lung", "lung", 1, (6, 6, 6), radius=0.0)
    patient.tissues["skin"] = FakeTissue("skin", "skin", 2, (7, 8), radius=3.0)
    series.observe(patient)
    patient.time = TIMES[2]
    patient.tissues["lung"].grow(2.0)
    patient.tissues["lung.2"] = FakeTissue("lung.2", "lung", 3, (5, 5, 5), radius=1.5)
    series.observe(patient)
    return series.folder


def run(*command):
    """Run ParaView's Python, which must not see this one's packages."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ERR|" not in done.stderr, done.stderr
    return done.stdout


def render(script, *arguments):
    """Run pvbatch on a virtual display that stays up: pvbatch connects twice, and a display that
    resets itself after the first connection now and then refuses the second."""
    run("xvfb-run", "-a", "-s", "-noreset -screen 0 1280x1024x24", "pvbatch", script, *arguments)


@pytest.fixture(scope="module")
def seen(folder):
    """Series -> [(time, blocks)] as ParaView finds them."""
    return json.loads(run("pvpython", SCRIPTS / "read_series.py", folder))


@pytest.mark.parametrize("kind", ["patient", "body", *KINDS])
def test_every_series_has_all_times(seen, kind):
    assert [time for time, _ in seen[kind]] == TIMES


def test_organs_appear_when_they_come_into_being(seen):
    organs = [set(blocks) for _, blocks in seen["fields"]]
    assert organs == [{"liver"}, {"liver", "lung", "skin"}, {"liver", "lung", "skin", "lung.2"}]


def test_the_patient_shows_every_organ_and_the_body(seen):
    _, blocks = seen["patient"][-1]
    organs = {f"{organ}/{kind}" for organ in ("liver", "lung", "skin", "lung.2") for kind in KINDS}
    assert set(blocks) == organs | {"body/circulation", "body/outline"}


def test_fields_bear_their_names_and_units(seen):
    for _, blocks in seen["fields"]:
        for block in blocks.values():
            assert block["class"] == "vtkImageData"
            for name, unit in UNITS.items():
                tuples, found, _ = block["cell_data"][name]
                assert (tuples, found) == (block["cells"], unit)


def test_cells_bear_their_traits_also_where_there_are_none(seen):
    counts = [blocks["lung"]["points"] for _, blocks in seen["cells"] if "lung" in blocks]
    assert counts[0] == 0 < counts[1]
    for _, blocks in seen["cells"]:
        for block in blocks.values():
            assert set(block["point_data"]) == TRAITS
            assert block["cells"] == block["points"]


def test_vessels_bear_radius_and_state(seen):
    for _, blocks in seen["vessels"]:
        for block in blocks.values():
            assert block["point_data"]["radius"][1:] == ["um", pytest.approx([4.0, 8.0], rel=0.5)]
            assert block["cell_data"]["state"][2] == [0.0, 1.0]


def test_the_body_bears_its_blood(seen):
    for _, blocks in seen["body"]:
        (body,) = blocks.values()
        assert body["cells"] == 30 + 57
        assert body["point_data"]["name"][0] == body["points"]
        assert body["point_data"]["ctc_concentration"][1] == "cells/mL"
        assert {"ctc_free", "ctc_arrested", "volume", "flow"} <= set(body["point_data"])
        assert body["field_data"]["body_scale"][1] == "um/cm"


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason=HINT)
@pytest.mark.parametrize(
    ("selector", "place", "array"),
    [("//fields", "CELLS", "oxygen"), ("//cells", "POINTS", "phenotype")],
)
def test_pictures_of_organs_that_appear_are_not_blank(folder, tmp_path, selector, place, array):
    script = SCRIPTS / "render_series.py"
    source = folder / "patient.pvd"
    render(script, source, selector, place, array, tmp_path)
    for index in range(len(TIMES)):
        assert colours(tmp_path / f"{index}.png") > 3


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason=HINT)
def test_the_picture_of_the_readme_is_rendered_from_any_run(folder, tmp_path):
    script = Path(__file__).parents[1] / "docs" / "render_patient.py"
    picture = tmp_path / "patient.png"
    render(script, folder.parent, picture)
    assert colours(picture) > 100


def colours(path):
    """Number of different colours of a picture."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOImage import vtkPNGReader

    reader = vtkPNGReader()
    reader.SetFileName(str(path))
    reader.Update()
    pixels = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars())
    return len(np.unique(pixels, axis=0))


def test_a_network_file_opens_as_tubes(tmp_path):
    """What `write_network` writes, for whoever exchanges vessels."""
    solved, _ = solve_flow(random_network(1, 40, 20, 4))
    write_network(tmp_path / "net.vtp", solved)
    seen = json.loads(run("pvpython", SCRIPTS / "read_network.py", tmp_path / "net.vtp"))
    assert (seen["lines"], seen["points"]) == (len(solved.segments), 40)
    assert seen["tubes"] >= len(solved.segments)
    for name in ("flow", "haematocrit", "wall_shear_stress", "age", "maturity"):
        column = getattr(solved, name)
        assert seen["cell_arrays"][name] == pytest.approx([column.min(), column.max()])
    assert seen["cell_arrays"]["segment_radius"][0] == solved.radius.min()


VASCULAR = (
    "primary.shape=[20, 20, 20]",
    "primary.vessels.lines=[]",
    "primary.vessels.transport.oxygen={}",
    "primary.cells.radius=60 um",
    "duration=12 h",
    "output.every=6 h",
)


@pytest.fixture(scope="module")
def vessels_of_a_run(tmp_path_factory):
    """A short run whose vessels carry blood: its folder, organ and networks by time."""
    from hybridmet.scenario import loads_scenario
    from hybridmet.scenario.preset import preset_named
    from hybridmet.simulation import Simulation

    sim = Simulation(loads_scenario(preset_named("vascular_tumour").text, VASCULAR), seed=1)
    folder = tmp_path_factory.mktemp("vascular") / "out"
    sim.run(output=folder)
    primary = sim.patient.primary
    frames = json.loads(
        run("pvpython", SCRIPTS / "read_vessels.py", folder / "vtk" / "vessels.pvd", primary.name)
    )
    return folder, primary, frames


def test_the_vessels_of_a_run_bear_their_columns(vessels_of_a_run):
    """The last frame is the network as it stands at the end: places, ends, radius, flow and all."""
    _, primary, frames = vessels_of_a_run
    assert [frame["time"] for frame in frames] == [0.0, 12.0]
    network, last = primary.vessels, frames[-1]
    assert last["segments"] == network.segments.tolist()
    placed = np.array(last["points"]) - np.array(last["points"])[0]
    np.testing.assert_allclose(placed, network.nodes - network.nodes[0], atol=0.01)
    wanted = {
        "segment_radius": network.radius,
        "flow": network.flow,
        "haematocrit": network.haematocrit,
        "wall_shear_stress": network.wall_shear_stress,
        "state": network.state,
        "perfused": network.perfused,
        "age": network.age,
        "maturity": network.maturity,
        "blood_oxygen": primary.blood["oxygen"],
    }
    for name, values in wanted.items():
        np.testing.assert_allclose(last["cell_data"][name], values, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(last["point_data"]["pressure"], network.pressure, rtol=1e-6)
    assert network.perfused.any() and np.ptp(network.flow) > 0.0 < np.ptp(network.radius)


def test_the_vessels_of_a_run_are_tubes_by_radius(vessels_of_a_run):
    """Tubes reach as far beyond the lines as the vessels are wide, and keep their flow."""
    _, primary, frames = vessels_of_a_run
    last = frames[-1]
    points, radius = np.array(last["points"]), np.array(last["point_data"]["radius"])
    widest = np.zeros(len(points))
    for end in (0, 1):
        np.maximum.at(widest, primary.vessels.segments[:, end], primary.vessels.radius)
    np.testing.assert_allclose(radius, widest, rtol=1e-6)
    bounds = np.array(last["tube_bounds"]).reshape(3, 2)
    reach = np.stack([points.min(axis=0) - bounds[:, 0], bounds[:, 1] - points.max(axis=0)])
    assert reach.max() <= radius.max() * (1.0 + 1e-5) and reach.max() > 0.8 * radius.min()
    flow = np.array(last["cell_data"]["flow"])
    assert len(last["tube_flow"]) >= len(flow)
    assert set(np.float32(last["tube_flow"])) == set(np.float32(flow))


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason=HINT)
def test_tubes_of_a_run_are_coloured_by_flow(vessels_of_a_run, tmp_path):
    folder, primary, _ = vessels_of_a_run
    script = Path(__file__).parents[1] / "docs" / "render_vessels.py"
    render(script, folder, tmp_path / "vessels.png", primary.name, "0.5")
    assert colours(tmp_path / "vessels.png") > 100
