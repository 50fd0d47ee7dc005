"""Network files: read, solved and written back; bad ones refused with file, row and reason."""

from dataclasses import fields, replace

import numpy as np
import pytest

from hybridmet.errors import OutputError, ScenarioError, WriteError
from hybridmet.lattice import Lattice
from hybridmet.tissue.angiogenesis import Angiogenesis
from hybridmet.tissue.blood_flow import BloodFlow, nearest_flow, solve_flow
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.network_file import read_network, write_network
from hybridmet.tissue.vessel_line import VesselLine, vessel_lines
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import COLLAPSED, IMMATURE, VESSEL_STATES, VesselNetwork
from tests.tissue.flow_problems import random_network
from tests.tissue.sprout_world import fields_of, grown, loops

LATTICE = Lattice((48, 48, 48))
FORMATS = pytest.mark.parametrize("name", ["net.vtp", "net_segments.csv", "net_nodes.csv"])


def same(a: VesselNetwork, b: VesselNetwork) -> None:
    for field in fields(VesselNetwork):
        np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name), field.name)


@FORMATS
def test_a_large_network_is_read_solved_and_written_back(tmp_path, name):
    mesh = capillary_mesh(LATTICE, VesselParameters(), 1, 0)
    assert len(mesh.segments) >= 500
    flow = BloodFlow()
    write_network(tmp_path / name, flow.with_pressures(mesh, LATTICE))
    solved, report = solve_flow(read_network(tmp_path / name, LATTICE), flow)
    assert report.flowing >= 500 and report.kirchhoff_residual <= 1e-12
    write_network(tmp_path / name, solved)
    same(read_network(tmp_path / name, LATTICE), solved)


@FORMATS
def test_every_column_reads_back_as_it_was(tmp_path, name):
    net = random_network(4, 30, 20, 3)
    rng = np.random.default_rng(0)
    m, n = len(net.segments), len(net.nodes)
    net = replace(
        net,
        state=rng.integers(0, len(VESSEL_STATES), m),
        boundary=np.where(np.arange(n) == 7, 2, net.boundary),
        inlet_haematocrit=rng.random(n) * 0.9,
        pressure=rng.random(n) * 50,
        tip=rng.integers(0, 2, n),
        sprout=rng.integers(1, 10**9, n),
        sprout_start=rng.normal(size=n) * 100,
        haematocrit=rng.random(m) * 0.9,
        age=rng.random(m) * 100,
        low_shear_time=rng.random(m) * 50,
        maturity=rng.random(m),
    )
    write_network(tmp_path / name, net)
    same(read_network(tmp_path / name), net)


NODES = "id,x,y,z,boundary_pressure,boundary_flow\na,0,0,0,30,\nb,100,0,0,,\nc,200,0,0,15,\n"
PUMPED = "id,x,y,z,boundary_flow\na,0,0,0,{}\nb,100,0,0,\nc,200,0,0,{}\n"
SEGMENTS = "id,start,end,radius,state\n1,a,b,5,intact\n2,b,c,6,immature\n"


@pytest.fixture
def files(tmp_path):
    """Writes a pair of files and gives the path of one."""

    def write(nodes=NODES, segments=SEGMENTS):
        (tmp_path / "v_nodes.csv").write_text(nodes)
        (tmp_path / "v_segments.csv").write_text(segments)
        return tmp_path / "v_segments.csv"

    return write


def test_a_small_pair_by_hand(files):
    net = read_network(files())
    np.testing.assert_array_equal(net.nodes[:, 0], [0.0, 100.0, 200.0])
    np.testing.assert_array_equal(net.segments, [(0, 1), (1, 2)])
    np.testing.assert_array_equal(net.radius, [5.0, 6.0])
    np.testing.assert_array_equal(net.state, [0, IMMATURE])
    np.testing.assert_array_equal(net.boundary, [1, 0, 1])
    np.testing.assert_array_equal(net.boundary_value, [30.0, 0.0, 15.0])
    assert not net.flow_solved


def test_columns_in_any_order_with_comments_and_diameters(files):
    nodes = "# drawn by hand\nz, y ,x,ID,boundary_flow\n3,2,1,9,4\n\n6,5,4,8,-4\n"
    net = read_network(files(nodes, "diameter,end,start\n7,8,9\n"))
    np.testing.assert_array_equal(net.nodes, [(1, 2, 3), (4, 5, 6)])
    np.testing.assert_array_equal(net.segments, [(0, 1)])
    assert net.radius[0] == 3.5 and net.boundary_value[0] == 4.0


BAD = {
    "dangling id": (NODES, SEGMENTS + "3,c,d,5,intact\n", r'v_segments.csv, row 4, column end: got "d", must be the id of a node'),
    "zero length": (NODES, SEGMENTS + "3,c,c,5,intact\n", r"v_segments.csv, row 4: length 0 um, must be >= 0.001 um"),
    "two nodes in one place": (NODES + "d,200,0,0,,\n", SEGMENTS + "3,c,d,5,intact\n", r"v_segments.csv, row 4: length 0 um"),
    "negative radius": (NODES, SEGMENTS.replace("b,5", "b,-5"), r'v_segments.csv, row 2, column radius: got "-5", must be >= 0.001 um and <= 1000 um'),
    "no radius": (NODES, SEGMENTS.replace("b,5", "b,0"), r'row 2, column radius: got "0", must be >= 0.001 um'),
    "hardly any radius": (NODES, SEGMENTS.replace("b,5", "b,1e-80"), r'row 2, column radius: got "1e-80", must be >= 0.001 um'),
    "hardly any length": (NODES + "d,1e-16,0,0,,\n", SEGMENTS + "3,a,d,5,intact\n", r"v_segments.csv, row 4: length 1e-16 um, must be >= 0.001 um"),
    "a length that underflows": (NODES + "d,1e-200,0,0,,\n", SEGMENTS + "3,a,d,5,intact\n", r"v_segments.csv, row 4: length 0 um, must be >= 0.001 um"),
    "a pressure beyond all": (NODES.replace(",30,", ",1e308,"), SEGMENTS, r'v_nodes.csv, row 2, column boundary_pressure: got "1e\+308", must be >= -100000 mmHg and <= 100000 mmHg'),
    "a flow beyond all": (NODES.replace(",30,", ",,1e308"), SEGMENTS, r'v_nodes.csv, row 2, column boundary_flow: got "1e\+308", must be >= -1e\+12 nL/min'),
    "a place beyond all": (NODES.replace("c,200", "c,1e308"), SEGMENTS, r'v_nodes.csv, row 4, column x: got "1e\+308", must be -1e\+09 to 1e\+09 um'),
    "an inflow without outlet": (PUMPED.format(3, ""), SEGMENTS, r"v_nodes.csv, row 2, boundary_flow of node a: the flows into its part of the network add up to 3 nL/min, must add up to 0 where no node has a boundary_pressure"),
    "flows that do not add up": (PUMPED.format(3, -2), SEGMENTS, r"v_nodes.csv, row 2, boundary_flow of node a: .* add up to 1 nL/min"),
    "an outlet in another part": (NODES + "d,0,9,0,,3\ne,9,9,0,,\n", SEGMENTS + "3,d,e,5,intact\n", r"v_nodes.csv, row 5, boundary_flow of node d: .* add up to 3 nL/min"),
    "a shear stress beyond all": (NODES, SEGMENTS.replace("state", "wall_shear_stress").replace("intact", "1e308").replace("immature", "1"), r'row 2, column wall_shear_stress: got "1e\+308", must be >= 0 dyn/cm\^2 and <= 1e\+30 dyn/cm\^2'),
    "half a tip": (NODES.replace("boundary_flow", "tip").replace(",\n", ",0.5\n"), SEGMENTS, r'row 2, column tip: got "0.5", must be a whole number >= 0 and <= 1'),
    "no number of a sprout": (NODES.replace("boundary_flow", "sprout").replace(",\n", ",-1\n"), SEGMENTS, r'column sprout: got "-1", must be a whole number >= 0'),
    "no inlet": (NODES.replace(",30,", ",,").replace(",15,", ",,"), SEGMENTS, r"v_segments.csv: no inlet, must have a boundary_flow > 0"),
    "one pressure only": (NODES.replace(",15,", ",,"), SEGMENTS, "no inlet"),
    "equal pressures": (NODES.replace(",15,", ",30,"), SEGMENTS, "no inlet"),
    "pressures of parts apart": (NODES + "d,0,9,0,,\n", "start,end,radius\na,b,5\nc,d,5\n", "no inlet"),
    "two conditions": (NODES.replace(",30,", ",30,2"), SEGMENTS, r"v_nodes.csv, row 2: got two boundary conditions, must have boundary_pressure or boundary_flow"),
    "no number": (NODES.replace("100", "1OO"), SEGMENTS, r'v_nodes.csv, row 3, column x: got "1OO", must be a number'),
    "not finite": (NODES.replace("100", "nan"), SEGMENTS, r'row 3, column x: got "nan", must be a number'),
    "blank number": (NODES.replace("100", ""), SEGMENTS, r'row 3, column x: got "", must be a number'),
    "missing column": (NODES, SEGMENTS.replace("radius", "age"), r"v_segments.csv, row 1, column radius: must be there, or diameter instead"),
    "missing coordinate": (NODES.replace("z", "tip"), SEGMENTS, r"v_nodes.csv, row 1, column z: missing"),
    "unknown column": (NODES.replace("boundary_flow", "colour"), SEGMENTS, r'row 1, column colour: got "colour", must be one of id, x, y, z'),
    "column twice": (NODES.replace("boundary_flow", "x"), SEGMENTS, r"column x: got .* must be there once"),
    "duplicate node": (NODES.replace("c,200", "a,200"), SEGMENTS, r'v_nodes.csv, row 4, column id: got "a", must be given once, the first is in row 2'),
    "duplicate segment": (NODES, SEGMENTS.replace("2,b", "1,b"), r'v_segments.csv, row 3, column id: got "1", must be given once'),
    "short row": (NODES, SEGMENTS + "3,a,c\n", r'v_segments.csv, row 4: got "3,a,c", must be 5 columns'),
    "unknown state": (NODES, SEGMENTS.replace("intact", "whole"), r'row 2, column state: got "whole", must be one of intact, ruptured'),
    "haematocrit": (NODES.replace("boundary_flow", "inlet_haematocrit").replace(",\n", ",45\n"), SEGMENTS, r'column inlet_haematocrit: got "45", must be >= 0 and <= 0.95'),
    "no segments": (NODES, "start,end,radius\n", "holds no segments"),
    "empty file": ("", SEGMENTS, r"v_nodes.csv, row 1, column id: missing"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", BAD)
def test_a_bad_pair_is_refused_with_file_row_and_reason(files, case):
    nodes, segments, message = BAD[case]
    with pytest.raises(ScenarioError, match=message) as caught:
        read_network(files(nodes, segments))
    assert "\n" not in str(caught.value)


def test_a_network_must_lie_in_the_lattice(files):
    message = r'v_nodes.csv, row 4, column x: got "200", must lie in the lattice, 0 to 180 um'
    with pytest.raises(ScenarioError, match=message):
        read_network(files(), Lattice((9, 9, 9)))
    assert len(read_network(files(), Lattice((10, 10))).segments) == 2


def test_given_flows_that_add_up_or_leave_by_a_pressure_are_read(files):
    assert len(read_network(files(PUMPED.format(3, -3))).segments) == 2
    assert len(read_network(files(PUMPED.format(0.3, -0.1 - 0.2))).segments) == 2  # rounded
    assert len(read_network(files(NODES.replace(",30,", ",,3"))).segments) == 2
    assert len(read_network(files(PUMPED.format(3, "")), inlet=False).segments) == 2


@pytest.mark.parametrize("total", [0.0, 2e-10, 5e-9])
def test_flows_add_up_for_a_file_where_they_do_for_the_flow(files, total):
    path = files(PUMPED.format(1.0, repr(total - 1.0)))
    net = read_network(path, inlet=False)
    if total < 1e-9:
        assert np.all(solve_flow(read_network(path))[0].flow > 0.0)
        return
    with pytest.raises(ScenarioError, match="boundary_flow of node 0: .*") as solving:
        solve_flow(net)
    with pytest.raises(ScenarioError) as reading:
        read_network(path)
    words = str(solving.value).partition("node 0")[2]
    assert str(reading.value).endswith(f"v_nodes.csv, row 2, boundary_flow of node a{words}")


def test_the_least_length_and_radius_are_read(files):
    nodes = NODES + "d,-0.001,0,0,,\n"
    net = read_network(files(nodes, SEGMENTS + "3,a,d,0.001,intact\n"))
    assert net.lengths[2] == net.radius[2] == 1e-3


def slope(lattice: Lattice):
    """VEGF that rises from 0 to 0.5 along y."""
    return fields_of(lattice, vegf=np.linspace(0.02, 0.5, lattice.shape[1])[:, None])


def sprouts_of(network: VesselNetwork) -> list[int]:
    return network.sprout.tolist()


def test_tips_without_numbers_get_those_that_come_next(files):
    nodes = "id,x,y,z,tip{}\na,0,0,0,1{}\nb,9,0,0,0{}\nc,20,0,0,1{}\nd,30,0,0,1{}\n"
    lines = "start,end,radius\na,b,5\nb,c,5\nc,d,5\nb,d,5\n"
    bare = read_network(files(nodes.format(*[""] * 5), lines), inlet=False)
    assert sprouts_of(bare) == [1, 0, 2, 3]
    some = nodes.format(",sprout", ",0", ",7", ",4", ",0")
    assert sprouts_of(read_network(files(some, lines), inlet=False)) == [8, 7, 4, 9]
    none = read_network(files(NODES, SEGMENTS))
    assert sprouts_of(none) == [0, 0, 0]


def test_what_lies_behind_a_tip_is_its_sprout_as_far_as_it_does_not_branch(tmp_path):
    # 0 - 1 - 2 with the sprout 1 - 3 - 4 - 5 (tip), and 6 - 7, both tips
    points = [(0, 0, 0), (9, 0, 0), (20, 0, 0), (9, 9, 0), (9, 20, 0), (9, 30, 0), (0, 40, 0), (9, 40, 0)]  # fmt: skip
    lines = [(0, 1, 2), (1, 3, 4, 5), (6, 7)]
    point = {"tip": [0, 0, 0, 0, 0, 1, 1, 1]}
    path = polydata(tmp_path / "a.vtk", points, lines, {"radius": [4, 4, 4]}, point)
    assert sprouts_of(read_network(path, inlet=False)) == [0, 0, 0, 1, 1, 1, 2, 3]
    point["sprout"] = [0, 0, 0, 5, 0, 0, 0, 0]  # one of another sprout ends it
    path = polydata(tmp_path / "a.vtk", points, lines, {"radius": [4, 4, 4]}, point)
    assert sprouts_of(read_network(path, inlet=False)) == [0, 0, 0, 5, 6, 6, 7, 8]


@FORMATS
def test_a_sprout_read_back_grows_as_it_would_have(tmp_path, name):
    lattice = Lattice((12, 12))
    lines = (VesselLine((-110, -60), (110, -60), sprouts=2), VesselLine((-110, 60), (110, 60)))
    rules = Angiogenesis(
        haptotaxis=0.0, branching_half_maximum=0.05, branching_age=2.0, anastomosis_age=8.0
    )
    fields = slope(lattice)
    net, _ = grown(rules, vessel_lines(lattice, lines), lattice, fields, steps=6)
    assert net.sprout_start[net.tip == 1].any()
    write_network(tmp_path / name, net)
    back = read_network(tmp_path / name, lattice, inlet=False)
    same(back, net)
    further = [grown(rules, n, lattice, fields, steps=40, first=6) for n in (net, back)]
    assert further[0][1]["anastomoses"] > 0 and further[0][1] == further[1][1]
    same(further[1][0], further[0][0])


def test_tips_of_a_file_without_numbers_fuse_with_the_vessel_they_meet(files):
    lattice = Lattice((12, 12))
    nodes = (
        "id,x,y,z,tip\na,10,50,10,0\nb,130,50,10,0\nc,230,50,10,0\nd,10,210,10,0\ne,230,210,10,0\n"
    )
    nodes += "f,130,70,10,0\ng,130,90,10,0\nh,130,110,10,1\n"
    lines = "start,end,radius\na,b,5\nb,c,5\nd,e,5\nb,f,5\nf,g,5\ng,h,5\n"
    net = read_network(files(nodes, lines), lattice, inlet=False)
    after, events = grown(Angiogenesis(haptotaxis=0.0), net, lattice, slope(lattice), steps=150)
    assert events["anastomoses"] == 1 and "stopped_tips" not in events
    assert loops(net) == 0 and loops(after) == 0 and not after.tip.any()
    ends = np.argwhere(after.nodes[:, 1] == 210.0)
    assert len(ends) == 3, "the vessel above was cut where the sprout met it"


def test_a_network_without_inlet_is_read_where_none_is_asked_for(files):
    nodes = NODES.replace(",30,", ",,")
    assert len(read_network(files(nodes), inlet=False).segments) == 2


@pytest.mark.parametrize("name", ["gone_segments.csv", "gone.vtp", "gone.vtk"])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(ScenarioError, match="gone.*cannot be read: No such file"):
        read_network(tmp_path / name)


def test_other_endings_are_refused(tmp_path, files):
    net = read_network(files())
    with pytest.raises(
        ScenarioError, match=r"net.dat: must end in _segments.csv, _nodes.csv, .vtp"
    ):
        read_network(tmp_path / "net.dat")
    with pytest.raises(OutputError, match=r"net.dat: must end in"):
        write_network(tmp_path / "net.dat", net)


@FORMATS
def test_a_folder_that_is_not_there_cannot_be_written_to(tmp_path, files, name):
    net = read_network(files())
    with pytest.raises(WriteError, match="could not be written"):
        write_network(tmp_path / "gone" / name, net)


def polydata(path, points, lines, cell=None, point=None, vertices=()):
    """A legacy file as other programs write it, in ASCII."""
    size = sum(len(line) + 1 for line in lines)
    text = ["# vtk DataFile Version 3.0", "by hand", "ASCII", "DATASET POLYDATA"]
    text += [f"POINTS {len(points)} double", *(" ".join(map(str, p)) for p in points)]
    if vertices:
        text += [f"VERTICES {len(vertices)} {2 * len(vertices)}", *(f"1 {v}" for v in vertices)]
    text += [f"LINES {len(lines)} {size}"]
    text += [" ".join(map(str, (len(line), *line))) for line in lines]
    for kind, columns in (("CELL_DATA", cell), ("POINT_DATA", point)):
        rows = len(points) if kind == "POINT_DATA" else len(lines) + len(vertices)
        text += [f"{kind} {rows}"] if columns else []
        for name, values in (columns or {}).items():
            text += [f"SCALARS {name} double 1", "LOOKUP_TABLE default", " ".join(map(str, values))]
    path.write_text("\n".join(text) + "\n")
    return path


POINTS = [(0, 0, 0), (10, 0, 0), (10, 20, 0), (10, 20, 30)]
PRESSURES = {"boundary_pressure": [30, "nan", "nan", 20]}


def test_lines_through_several_points_become_chains(tmp_path):
    path = polydata(tmp_path / "a.vtk", POINTS, [(0, 1, 2), (2, 3)], {"radius": [4, 6]}, PRESSURES)
    net = read_network(path)
    np.testing.assert_array_equal(net.segments, [(0, 1), (1, 2), (2, 3)])
    np.testing.assert_array_equal(net.radius, [4.0, 4.0, 6.0])
    np.testing.assert_array_equal(net.lengths, [10.0, 20.0, 30.0])
    np.testing.assert_array_equal(net.boundary, [1, 0, 0, 1])


def test_radii_may_be_given_at_points_and_vertices_may_stand_first(tmp_path):
    point = PRESSURES | {"diameter": [8, 12, 12, 4]}
    path = polydata(tmp_path / "a.vtk", POINTS, [(0, 1, 2, 3)], None, point)
    np.testing.assert_array_equal(read_network(path).radius, [5.0, 6.0, 4.0])
    cell = {"radius": [-1, -1, 4, 6]}
    path = polydata(tmp_path / "b.vtk", POINTS, [(0, 1, 2), (2, 3)], cell, PRESSURES, (0, 3))
    np.testing.assert_array_equal(read_network(path).radius, [4.0, 4.0, 6.0])


def test_bad_polydata_is_refused_with_its_cell_or_point(tmp_path):
    lines, path = [(0, 1, 2), (2, 3)], tmp_path / "a.vtk"
    for arguments, message in (
        ((POINTS, lines, {"radius": [4, -6]}, PRESSURES), r'a.vtk, cell 1, column radius: got "-6"'),
        ((POINTS, [(0, 1, 1), (1, 3)], {"radius": [4, 6]}, PRESSURES), "a.vtk, cell 0: length 0 um"),
        ((POINTS, lines, {"radius": [4, 6], "state": [0, 9]}, PRESSURES), r'cell 1, column state: got "9"'),
        ((POINTS, lines, None, PRESSURES), "a.vtk: has no radii"),
        ((POINTS, lines, {"radius": [4, 6]}), "a.vtk: no inlet"),
        ((POINTS, lines, {"radius": [4, 6]}, PRESSURES | {"boundary_flow": ["nan", "nan", "nan", 3]}),
         "a.vtk, point 3: got two boundary conditions"),
        ((POINTS[:3] + [(10, "nan", 30)], lines, {"radius": [4, 6]}, PRESSURES), "a.vtk, point 3, column y"),
    ):  # fmt: skip
        polydata(path, *arguments)
        with pytest.raises(ScenarioError, match=message):
            read_network(path)


@pytest.mark.parametrize("name", ["a.vtp", "a.vtk"])
def test_what_is_no_polydata_is_refused_in_one_line(tmp_path, name, capfd):
    (tmp_path / name).write_text("start,end\n1,2\n")
    with pytest.raises(ScenarioError, match="must be a VTK polydata file"):
        read_network(tmp_path / name)
    assert capfd.readouterr().err == ""


def test_collapsed_segments_of_a_file_carry_nothing(files):
    segments = SEGMENTS.replace("immature", "collapsed")
    solved, _ = solve_flow(read_network(files(segments=segments)))
    assert solved.state[1] == COLLAPSED and not np.any(solved.flow)


def test_a_file_may_hold_a_given_flow_whose_way_out_has_collapsed(files):
    """As a run writes it: nothing flows there."""
    closed = files(nodes=PUMPED.format(3, -3), segments=SEGMENTS.replace("immature", "collapsed"))
    solved, report = nearest_flow(read_network(closed))
    assert report.blocked == {0: 3.0, 2: -3.0} and not np.any(solved.flow)
