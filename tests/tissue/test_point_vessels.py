"""Point vessels stand where they may, on sites of their own."""

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue import perfusion
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.point_vessels import point_vessels
from hybridmet.tissue.vessel_parameters import PointVessels

LATTICE = Lattice((201, 201), 10.0)


@pytest.mark.parametrize("seed", range(20))
def test_eight_intact_and_two_ruptured_vessels_of_franssen_2019(seed):
    network = point_vessels(LATTICE, PointVessels(), seed, 0)
    sites = perfusion.vessel_sites(LATTICE, network, cut(LATTICE, network))
    assert (len(sites.sites), (sites.ruptured_area > 0).sum()) == (18, 10)
    np.testing.assert_allclose(sites.length, 10.0)
    y, x = np.nonzero(LATTICE.interior(sites.mask))
    inner = np.minimum(np.minimum(x, 200 - x), np.minimum(y, 200 - y))
    assert inner.min() >= 1  # a middle is at least 2 sites from the side
    assert np.hypot(y - 100, x - 100).min() > 6.5  # 200 sites are a disc of radius 8


def test_places_depend_on_seed_and_lattice():
    nodes = [point_vessels(LATTICE, PointVessels(), *key).nodes for key in ((1, 0), (2, 0), (1, 1))]
    assert not np.array_equal(nodes[0], nodes[1])
    assert not np.array_equal(nodes[0], nodes[2])


def test_too_many_vessels_or_a_third_axis_are_refused():
    with pytest.raises(ScenarioError, match="at most 2 on this lattice"):
        point_vessels(
            Lattice((5, 6), 10.0), PointVessels(intact=3, ruptured=0, clear_centre=0), 1, 0
        )
    with pytest.raises(ScenarioError, match="2-D"):
        point_vessels(Lattice((9, 9, 9), 10.0), PointVessels(), 1, 0)
