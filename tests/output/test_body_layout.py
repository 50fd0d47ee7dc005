import itertools

import numpy as np
import pytest

from hybridmet.output.body_layout import GAP, BodyLayout, figure
from tests.output.fakes import fake_network

NETWORK = fake_network()
BEDS = [name for name, bed in zip(NETWORK.names, NETWORK.is_bed, strict=True) if bed]
EXTENT = (1280.0, 1280.0, 1280.0)


@pytest.fixture
def layout():
    return BodyLayout(NETWORK.names, EXTENT[0])


def boxes(layout, names):
    lows = [layout.lattice_origin(name, name.split(".")[0], EXTENT) for name in names]
    return [(low, low + EXTENT) for low in lows]


def overlap(one, other):
    return bool(np.all(one[0] < other[1]) and np.all(other[0] < one[1]))


def test_every_compartment_has_an_anatomical_place():
    assert set(NETWORK.names) == set(figure()["positions"])


def test_the_largest_lattice_fits_into_the_distance_of_beds(layout):
    assert EXTENT[0] == pytest.approx(GAP * layout.pitch)


def test_lattices_of_different_organs_and_of_one_organ_do_not_overlap(layout):
    names = [f"{bed}{suffix}" for bed in BEDS for suffix in ("", ".2", ".3", ".4", ".9")]
    for one, other in itertools.combinations(boxes(layout, names), 2):
        assert not overlap(one, other)


def test_vessels_cross_no_lattice_of_another_organ(layout):
    solid = dict(zip(BEDS, boxes(layout, BEDS), strict=True))
    for source, target in zip(NETWORK.edge_source, NETWORK.edge_target, strict=True):
        ends = (NETWORK.names[source], NETWORK.names[target])
        if not set(ends) & set(figure()["trunks"]) or not set(ends) & set(BEDS):
            continue
        line = np.vstack([layout.place(ends[0]), layout.route(*ends), layout.place(ends[1])])
        steps = np.linspace(line[:-1], line[1:], 50).reshape(-1, 3)
        for bed in set(BEDS) - set(ends):
            low, high = solid[bed]
            assert not np.any(np.all((steps > low) & (steps < high), axis=1)), (ends, bed)


def test_a_lattice_is_centred_at_the_place_of_its_bed(layout):
    origin = layout.lattice_origin("liver", "liver", (400.0, 600.0, 20.0))
    np.testing.assert_allclose(origin + [200, 300, 10], layout.place("liver"))


def test_the_body_stands_along_y_and_its_left_is_x(layout):
    assert layout.place("brain")[1] > layout.place("heart")[1] > layout.place("muscle")[1]
    assert layout.place("stomach_oesophagus")[0] > 0 > layout.place("liver")[0]


def test_the_scale_follows_the_largest_lattice():
    small, large = (BodyLayout(NETWORK.names, extent) for extent in (640.0, 1280.0))
    assert large.scale == pytest.approx(2 * small.scale)
    np.testing.assert_allclose(large.outline, 2 * small.outline)


def test_the_silhouette_is_closed_and_encloses_every_compartment(layout):
    outline = layout.outline
    np.testing.assert_array_equal(outline[0], outline[-1])
    for name in NETWORK.names:
        assert inside(layout.place(name)[:2], outline[:, :2]), name


def inside(point, polygon):
    """Even-odd rule."""
    (x0, y0), (x1, y1) = polygon[:-1].T, polygon[1:].T
    crosses = (y0 > point[1]) != (y1 > point[1])
    at = x0 + (point[1] - y0) / np.where(y1 == y0, 1, y1 - y0) * (x1 - x0)
    return np.count_nonzero(crosses & (at > point[0])) % 2 == 1


def test_compartments_without_an_anatomical_place_stand_aside_and_apart():
    layout = BodyLayout(["heart", "flow_chamber", "second_chamber"], 640.0)
    one, other = layout.place("flow_chamber"), layout.place("second_chamber")
    assert one[0] < layout.outline[:, 0].min()
    assert abs(one[1] - other[1]) >= layout.pitch * (1 - 1e-12)


def test_vessels_without_a_trunk_at_one_end_run_straight(layout):
    assert layout.route("pulmonary_artery", "lung").shape == (0, 3)
    assert layout.route("arteries", "portal_vein").shape == (0, 3)


def test_a_vein_runs_its_course_from_bed_to_trunk(layout):
    down = layout.route("arteries", "liver")
    back = layout.route("liver", "ivc")
    assert down[-1, 0] == back[0, 0] == layout.place("liver")[0]
    assert back[-1, 0] == layout.place("ivc")[0]
