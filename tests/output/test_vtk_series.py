import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from vtkmodules import vtkIOXML
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray

from hybridmet import tables
from hybridmet.output.vtk_series import KINDS, VtkSeries
from tests.output.fakes import PHENOTYPES, FakePatient, FakeTissue
from tests.output.test_vtk_writer import cell_at, read


@pytest.fixture
def patient():
    return FakePatient(FakeTissue("liver", "liver", 0))


@pytest.fixture
def series(tmp_path, patient):
    return VtkSeries(tmp_path, patient.circulation.network, largest_extent=160.0)


def entries(series, kind):
    """(time, file) of a .pvd."""
    root = ElementTree.parse(series.folder / f"{kind}.pvd").getroot()
    return [
        (float(each.get("timestep")), series.folder / each.get("file"))
        for each in root.iter("DataSet")
    ]


def blocks(path):
    """Name path -> file of a .vtm, files checked to exist."""
    files = {}

    def walk(element, names):
        for child in element:
            label = (*names, child.get("name"))
            if child.tag == "Block":
                walk(child, label)
            else:
                files["/".join(label)] = (path.parent / child.get("file")).resolve()
                assert files["/".join(label)].exists()

    walk(ElementTree.parse(path).getroot()[0], ())
    return files


def last(series, kind):
    return blocks(entries(series, kind)[-1][1])


def test_each_kind_and_the_patient_have_a_series_over_all_times(series, patient):
    for patient.time in (0.0, 24.0, 31.5):
        series.observe(patient)
    for kind in ("patient", "body", *KINDS):
        found = entries(series, kind)
        assert [time for time, _ in found] == [0.0, 24.0, 31.5]
        assert all(path.exists() for _, path in found)


def test_a_tissue_that_appears_is_a_further_block_and_moves_no_other(series, patient):
    series.observe(patient)
    patient.time, patient.tissues["lung"] = 24.0, FakeTissue("lung", "lung", 1, (6, 6, 6), 1.0)
    series.observe(patient)
    first, second = (list(blocks(path)) for _, path in entries(series, "patient"))
    assert second[: len(first)] == first
    assert second[len(first) :] == ["lung/fields", "lung/cells", "lung/vessels"]


def test_the_patient_shares_its_files_with_the_kinds(series, patient):
    series.observe(patient)
    whole = last(series, "patient")
    for kind in ("cells", "vessels"):
        assert whole[f"liver/{kind}"] == last(series, kind)["liver"]
    assert whole["body/circulation"] == entries(series, "body")[-1][1].resolve()


def test_the_patient_shows_fields_as_the_slice_in_the_middle(series, patient):
    series.observe(patient)
    whole = read(last(series, "fields")["liver"])
    cut = read(last(series, "patient")["liver/fields"])
    nx, ny, nz = (n - 1 for n in whole.GetDimensions())
    assert cut.GetDimensions() == (nx + 1, ny + 1, 1)
    values = cell_values(whole, "oxygen").reshape(nz, ny, nx)
    assert np.array_equal(cell_values(cut, "oxygen"), values[nz // 2].ravel())


def cell_values(data, name):
    return vtk_to_numpy(data.GetCellData().GetArray(name))


def test_what_did_not_change_is_not_written_again(series, patient):
    series.observe(patient)
    old = last(series, "patient")
    patient.time = 24.0
    patient.tissues["liver"].grow(3.0)
    series.observe(patient)
    new = last(series, "patient")
    changed = {name for name in old if new[name] != old[name]}
    assert changed == {"liver/fields", "liver/cells"}
    assert sorted(path.suffix for path in (series.folder / "0001").iterdir()) == sorted(
        [".vtp", ".vti", ".vti"] + [".vtm"] * 4
    )


def test_one_cell_more_is_a_change(series, patient):
    series.observe(patient)
    old = last(series, "patient")
    patient.time = 1.0
    patient.circulation.free[3] += 1
    series.observe(patient)
    assert last(series, "patient")["body/circulation"] != old["body/circulation"]


def test_closing_records_the_final_state_once(series, patient):
    series.observe(patient)
    series.close(patient)
    assert len(entries(series, "patient")) == 1
    patient.time = 5.0
    series.close(patient)
    assert [time for time, _ in entries(series, "patient")] == [0.0, 5.0]


def test_cells_lie_in_their_sites(series, patient):
    """A vertex lies in the voxel of its site, in the world of the fields."""
    series.observe(patient)
    fields, cells = (read(last(series, kind)["liver"]) for kind in ("fields", "cells"))
    table = patient.tissues["liver"].cells_table()
    assert cells.GetNumberOfVerts() == len(table)
    for row in range(0, len(table), 7):
        assert cell_at(fields, cells.GetPoint(row)) == table["site"][row]


@pytest.mark.parametrize("column", ["phenotype", "state", "clone", "founder", "age"])
def test_cells_carry_their_traits(series, patient, column):
    series.observe(patient)
    data = read(last(series, "cells")["liver"]).GetPointData().GetArray(column)
    expected = patient.tissues["liver"].cells_table()[column]
    np.testing.assert_array_equal(vtk_to_numpy(data), expected)
    assert vtk_to_numpy(data).dtype == expected.dtype


def test_numbers_of_phenotypes_and_states_are_explained(series, patient):
    series.observe(patient)
    facts = read(last(series, "cells")["liver"]).GetFieldData()
    assert strings(facts.GetAbstractArray("phenotype_names")) == list(PHENOTYPES)
    assert strings(facts.GetAbstractArray("state_names")) == list(tables.STATES)


def strings(array):
    return [array.GetValue(index) for index in range(array.GetNumberOfValues())]


def test_fields_keep_values_and_units(series, patient):
    series.observe(patient)
    data = read(last(series, "fields")["liver"]).GetCellData()
    for name, values in patient.tissues["liver"].fields.items():
        array = data.GetArray(name)
        np.testing.assert_array_equal(vtk_to_numpy(array), values.astype(np.float32).ravel())
        unit = patient.tissues["liver"].fields.parameters[name].unit
        assert array.GetInformation().Get(vtkDataArray.UNITS_LABEL()) == unit


def test_vessels_keep_place_radius_and_state(series, patient):
    series.observe(patient)
    files = last(series, "patient")
    data, vessels = read(files["liver/vessels"]), patient.tissues["liver"].vessels
    origin = np.array(read(last(series, "fields")["liver"]).GetOrigin())
    points = vtk_to_numpy(data.GetPoints().GetData())
    np.testing.assert_allclose(points, vessels.nodes + origin, rtol=1e-6)
    state = vtk_to_numpy(data.GetCellData().GetArray("state"))
    np.testing.assert_array_equal(state, vessels.state)
    radius = vtk_to_numpy(data.GetPointData().GetArray("radius"))
    assert radius[1] == np.float32(vessels.radius[:2].max())


def test_vessels_carry_blood_to_the_screen(series, patient):
    """Every column with its unit; flow, haematocrit and shear a segment, pressure a node."""
    series.observe(patient)
    data, vessels = read(last(series, "patient")["liver/vessels"]), patient.tissues["liver"].vessels
    wanted = {"flow": "nL/min", "haematocrit": "1", "wall_shear_stress": "dyn/cm^2"}
    for name, unit in wanted.items():
        array = data.GetCellData().GetArray(name)
        np.testing.assert_allclose(vtk_to_numpy(array), getattr(vessels, name), rtol=1e-6)
        assert array.GetInformation().Get(vtkDataArray.UNITS_LABEL()) == unit
    perfused = vtk_to_numpy(data.GetCellData().GetArray("perfused"))
    np.testing.assert_array_equal(perfused, vessels.perfused)
    pressure = data.GetPointData().GetArray("pressure")
    np.testing.assert_allclose(vtk_to_numpy(pressure), vessels.pressure, rtol=1e-6)
    assert pressure.GetInformation().Get(vtkDataArray.UNITS_LABEL()) == "mmHg"


def test_what_blood_still_holds_is_shown(series, patient):
    liver = patient.tissues["liver"]
    liver.blood = {"oxygen": np.linspace(5.0, 20.0, len(liver.vessels.segments))}
    series.observe(patient)
    array = read(last(series, "patient")["liver/vessels"]).GetCellData().GetArray("blood_oxygen")
    np.testing.assert_allclose(vtk_to_numpy(array), liver.blood["oxygen"], rtol=1e-6)
    assert array.GetInformation().Get(vtkDataArray.UNITS_LABEL()) == "mmHg"


def test_the_sums_over_the_body_are_those_of_the_circulation(series, patient):
    series.observe(patient)
    data = read(entries(series, "body")[-1][1])
    blood, points = patient.circulation, data.GetPointData()
    for name, values in [
        ("ctc_free", blood.free),
        ("ctc_arrested", blood.arrested),
        ("volume", blood.network.volume),
    ]:
        assert vtk_to_numpy(points.GetArray(name)).sum() == pytest.approx(values.sum())
    names = strings(points.GetAbstractArray("name"))[: data.GetNumberOfVerts()]
    assert tuple(names) == blood.network.names


def test_each_vessel_of_the_body_carries_its_flow(series, patient):
    series.observe(patient)
    data, network = read(entries(series, "body")[-1][1]), patient.circulation.network
    flow = vtk_to_numpy(data.GetCellData().GetArray("vessel_flow"))[data.GetNumberOfVerts() :]
    assert data.GetNumberOfLines() == len(network.edge_source) == len(flow)
    expected = network.edge_flow_bp / 10_000 * network.flow.max()
    np.testing.assert_allclose(flow, expected)
    scale = vtk_to_numpy(data.GetFieldData().GetArray("body_scale"))
    assert scale[0] == series.layout.scale


def test_a_two_dimensional_lattice_is_flat_and_holds_its_cells(tmp_path):
    patient = FakePatient(FakeTissue("skin", "skin", 0, shape=(9, 7), radius=3.0, slots=4))
    series = VtkSeries(tmp_path, patient.circulation.network, 180.0)
    series.observe(patient)
    files = last(series, "patient")
    fields, cells = read(files["skin/fields"]), read(files["skin/cells"])
    assert fields.GetDimensions() == (8, 10, 1)
    assert fields.GetNumberOfCells() == 63
    assert fields.GetBounds()[4] == pytest.approx(cells.GetBounds()[4], rel=1e-6)
    assert cells.GetNumberOfVerts() == len(patient.tissues["skin"].cells_table())


def test_a_tissue_without_cells_or_vessels_opens(tmp_path):
    tissue = FakeTissue("lung", "lung", 0, shape=(4, 4, 4), radius=0.0)
    tissue.vessels = tissue.vessels.kept(np.zeros(len(tissue.vessels.segments), bool))
    patient = FakePatient(tissue)
    series = VtkSeries(tmp_path, patient.circulation.network, 80.0)
    series.observe(patient)
    files = last(series, "patient")
    assert read(files["lung/cells"]).GetNumberOfPoints() == 0
    assert read(files["lung/vessels"]).GetNumberOfCells() == 0


def test_a_patient_without_tissues_is_still_drawn(tmp_path):
    patient = FakePatient()
    series = VtkSeries(tmp_path, patient.circulation.network, 640.0)
    series.observe(patient)
    reader = vtkIOXML.vtkXMLMultiBlockDataReader()
    reader.SetFileName(str(entries(series, "patient")[0][1]))
    reader.Update()
    assert reader.GetOutput().GetBlock(0).GetBlock(0).GetNumberOfVerts() == 30


def test_equal_patients_write_equal_bytes(tmp_path):
    contents = []
    for name in ("one", "two"):
        patient = FakePatient(FakeTissue("liver", "liver", 0))
        series = VtkSeries(tmp_path / name, patient.circulation.network, 160.0)
        series.observe(patient)
        files = sorted(path for path in series.folder.rglob("*") if path.is_file())
        contents.append([(path.name, path.read_bytes()) for path in files])
    assert contents[0] == contents[1]
