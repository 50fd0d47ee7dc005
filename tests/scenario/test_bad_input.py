"""Bad input: refused or warned in one line, with the number that would do."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import presets
from hybridmet.tissue.blood_flow import solve_flow
from hybridmet.tissue.cell_file import read_cells
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from hybridmet.tissue.rules_file import with_rules
from hybridmet.tissue.vasculature import first_network

HEAD = 'name = "bad"\nduration = "2 d"\n[primary]\nshape = [20, 20, 20]\ncells.radius = "60 um"\n'


def read(*overrides):
    return loads_scenario(HEAD, overrides, name="a.toml")


def mistake(*overrides) -> str:
    with pytest.raises(ScenarioError) as caught:
        read(*overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_unknown_key_is_led_to_the_shortest_path_that_ends_alike():
    line = mistake('primary.motility="1 um^2/h"')
    assert line.endswith("unknown key here, did you mean phenotypes.NAME.motility?")


@pytest.mark.parametrize("lattice", ["primary", "organs.default", "organs.lung"])
@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("shape", ["[2, 20, 20]", "[20, 1]", "[1, 1, 1]"])
def test_a_lattice_thinner_than_the_stencil_is_refused(lattice, boundary, shape):
    line = mistake(f"{lattice}.shape={shape}", f'{lattice}.boundary="{boundary}"')
    assert line.startswith(
        f"--set {lattice}.shape: got {shape}, must be at least 3 sites along each axis"
    )


def test_a_lattice_as_thin_as_the_stencil_is_taken():
    assert read("primary.shape=[3, 20, 20]", "primary.cells.radius='30 um'").primary.shape[0] == 3


@pytest.mark.parametrize("lattice", ["primary", "organs.default"])
@pytest.mark.parametrize(
    ("override", "field"),
    [
        ("primary.site='breast'", "oxygen"),
        ("fields.oxygen.background_uptake_rate='9000 / h'", "oxygen"),
        (
            "phenotypes.epithelial.saturable_uptake.oxygen={maximum_rate=9000.0,half_maximum=1.0}",
            "oxygen",
        ),
        ("tissue.slots=8", "oxygen"),
    ],
)  # fmt: skip
def test_the_largest_spacing_that_a_message_names_would_do(lattice, override, field):
    """Sites so wide that their cells use up more than diffusion supplies are refused."""
    line = mistake(override, f"{lattice}.spacing=500 um")
    assert f"in wider sites cells use up {field} faster than it diffuses in" in line
    most = float(re.search(r"must be <= ([\d.]+) um", line)[1])
    override = override, f"{lattice}.vessels.length_density=0 mm/mm^3"
    radius = f"primary.cells.radius={2 * most} um"
    spacing = most * (1 - 1e-3)
    assert read(*override, radius, f"{lattice}.spacing={spacing} um")
    mistake(*override, radius, f"{lattice}.spacing={most * (1 + 1e-3)} um")


def test_the_accuracy_in_time_that_a_message_names_would_do():
    line = mistake("fields.mmp2.accuracy=1e-9")
    least = float(re.search(r"accuracy: got 1e-09, must be >= ([\d.e-]+)", line)[1])
    longest = float(re.search(r"time_step <= ([\d.e-]+) h", line)[1])
    assert read(f"fields.mmp2.accuracy={1.01 * least}")
    assert read("fields.mmp2.accuracy=1e-9", f"time_step={0.99 * longest} h")


def test_the_time_step_that_resolves_the_fastest_cells_would_do():
    fast = "phenotypes.epithelial.division_rate=90000 / h"
    line = mistake(fast)
    longest = float(re.search(r"\(time_step <= ([\d.e-]+) h would do\)", line)[1])
    assert read(fast, f"time_step={0.99 * longest} h")


def test_a_time_step_in_which_cells_outrun_the_fields_is_warned_about():
    assert read().warnings == []
    (line,) = read("time_step=24 h").warnings
    assert line.startswith('time_step: got "24 h", should be <= ')
    longest = float(re.search(r"should be <= ([\d.e-]+) h", line)[1])
    assert read(f"time_step={0.99 * longest} h").warnings == []
    fertile = read("organs.lung.soil.growth=100.0").warnings
    assert len(fertile) == 1 and "up to 3.12 / h" in fertile[0]
    assert len(read("tissue.synchronous_division.epithelial='2 h'").warnings) == 1


def test_vessels_too_wide_for_their_sites_are_warned_about():
    wide = ("primary.spacing=20 um", "primary.vessels.radius_variation=0")
    assert read(*wide, "primary.vessels.radius=15 um").warnings == []
    (line,) = read(*wide, "primary.vessels.radius=25 um").warnings
    assert line.startswith('primary.spacing: got "20 um", should be >= ') and "25 um are" in line
    least = float(re.search(r"should be >= ([\d.e-]+) um", line)[1])
    finer = ("primary.vessels.radius=25 um", f"primary.spacing={least + 0.1} um")
    assert read(*finer).warnings == []


@pytest.mark.parametrize("seed", range(1, 13))
def test_vessels_without_a_way_through_are_warned_about(seed):
    """Exactly where a solution of the flow finds none."""
    small = read("primary.shape=[40, 40]", "primary.vessels.flow={}", f"random_seed={seed}")
    parameters = small.primary.vessels
    network = first_network(small.primary.lattice(), parameters, seed, 0)
    solved, _ = solve_flow(parameters.flow.with_pressures(network, small.primary.lattice()))
    lines = [line for line in small.warnings if line.startswith("primary.vessels.flow: got vessels")]
    assert len(lines) == (0 if solved.perfused.any() else 1)
    assert read("primary.shape=[40, 40]", f"random_seed={seed}").warnings == []


def test_vessels_of_organs_are_judged_by_some_of_their_meshes():
    bare = ("organs.lung.vessels.flow={}", "organs.lung.vessels.length_density='0 mm/mm^3'")
    (line,) = read(*bare).warnings
    assert line.startswith("organs.lung.vessels.flow: got vessels without a way") and "5 of 5" in line


def test_vessel_tables_that_a_surrogate_does_not_know_are_warned_about():
    flat = "tissue.model='surrogate'"
    assert read(flat, "primary.vessels.length_density='150 mm/mm^3'").warnings == []
    (line,) = read(flat, "primary.vessels.flow={}", "primary.vessels.maturation={}").warnings
    assert line.startswith("primary.vessels: got flow, maturation, should be left out")


def test_no_preset_is_warned_about():
    for preset in presets().values():
        assert loads_scenario(preset.text, name=preset.name).warnings == []


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ('balls=[{radius="60 um",center=["500 um","0 um","0 um"]}]',
         'balls[0].center: got ["500 um", "0 um", "0 um"], must lie within the radius, 60 um, of a '
         "site of the lattice: -200 to 200 um in x"),
        ('balls=[{radius="6 um"}]', 'balls[0].radius: got "6 um", must be >= 17.32 um to reach'),
        ('balls=[{radius="40 um",center=["0 um","0 um"]}]', "balls[0].center: got ["),
        ('boxes=[{lower=["200 um","0 um","0 um"],upper=["300 um","40 um","40 um"]}]',
         "boxes[0].lower: got ["),
        ('boxes=[{lower=["-300 um","0 um","0 um"],upper=["-195 um","40 um","40 um"]}]',
         "boxes[0].upper: got ["),
        ('boxes=[{lower=["0 um","0 um","0 um"],upper=["9 um","40 um","40 um"]}]',
         "must leave room for the centre of a site: a box as wide as the spacing, 20 um, in x does"),
        ('boxes=[{lower=["0 um","0 um"],upper=["40 um","40 um"]}]', "must be 3 coordinates (x, y, z)"),
        ("per_site=2", "per_site: got 2, must be at most tissue.slots, 1"),
    ],
)  # fmt: skip
def test_a_shape_that_would_place_no_cell_is_refused(shape, message):
    line = mistake(f"primary.cells.{shape}")
    assert f"primary.cells.{message}" in line or message in line


def test_shapes_that_reach_one_site_are_taken():
    assert read('primary.cells.balls=[{radius="17.33 um",center=["180 um","0 um","0 um"]}]')
    assert read('primary.cells.balls=[{radius="60 um",center=["240 um","10 um","10 um"]}]')
    assert read(
        'primary.cells.boxes=[{lower=["189 um","0 um","0 um"],upper=["900 um","20 um","20 um"]}]'
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("150,150,150,0\n150,150,150,1\n", "row 3, column x: got"),
        ("150,150,150,0\n190,999,0,0\n", 'row 3, column y: got "999", must lie in the lattice, -200'),
        ("150,150,150,tumour\n", 'row 2, column type: got "tumour", must be one of epithelial (0)'),
        ("150,150,150,0\n\n10,10,10,0\n",
         "row 4, column x: lies in a site that other initial cells fill, must lie in a free one (or "
         "tissue.slots be 2)"),
    ],
)  # fmt: skip
def test_a_cells_file_that_cannot_be_placed_is_refused_before_a_run(tmp_path, rows, message):
    path = tmp_path / "cells.csv"
    path.write_text("x,y,z,type\n" + rows)
    line = mistake(f'primary.cells.files=["{path}"]')
    assert line.startswith("--set primary.cells.files: primary.cells.files[0]: got ")
    assert f", cells.csv, {message}" in line


def test_two_files_that_want_the_same_site_are_refused(tmp_path):
    for name in ("a.csv", "a.csv.more"):
        (tmp_path / name).write_text("150,150,150,0\n")
    files = ", ".join(f'"{tmp_path / name}"' for name in ("a.csv", "a.csv.more"))
    line = mistake(f"primary.cells.files=[{files}]")
    assert "primary.cells.files[1]: " in line and "a.csv.more, row 1, column x: lies in" in line
    assert read(f"primary.cells.files=[{files}]", "tissue.slots=2")


TEXTS = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.lists(
            st.sampled_from(
                ["0", "5", "-1", "1e3", "nan", "inf", "a", "x", "y", "z", "type", "clone", "", '"',
                 "epithelial", "oxygen", "increases", "apoptosis", "motility", "1e400", "0.5"]
            ),
            max_size=9,
        ).map(",".join),
        max_size=5,
    ).map(lambda rows: "\n".join(rows).encode()),
)  # fmt: skip


@given(content=TEXTS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_whatever_a_file_holds_it_is_read_or_refused_by_name(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "file.csv"
    path.write_bytes(content)
    for reader in (
        lambda: read_cells(path, ("epithelial",), Lattice((4, 4), 10.0), 1),
        lambda: with_rules(DEFAULT_PHENOTYPES, path, ("oxygen", "ecm")),
    ):
        try:
            reader()
        except ScenarioError as error:
            assert str(path) in str(error)
