"""What names a segment and what it passes on its way."""

import numpy as np
import pytest

from hybridmet._core.vessels import crowding
from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import DEBRIS, kind_of
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.segments import crowding_along, mean_along, segment_identity
from tests.tissue.vessel_problems import LATTICE, around, line, many, shuffled


def test_a_name_is_made_of_the_places_of_the_nodes_alone():
    network = many(500)
    other, order = shuffled(network)
    names = segment_identity(network)
    np.testing.assert_array_equal(segment_identity(other), names[order])
    assert len(np.unique(names)) == 500


def test_names_of_neighbours_are_unlike():
    """Half of the bits differ, or draws would hang together."""
    names = segment_identity(line(*[(x, 10.0, 10.0) for x in range(0, 400, 2)]))
    bits = np.unpackbits((names[1:] ^ names[:-1]).view(np.uint8)).reshape(-1, 64)
    assert bits.mean() == pytest.approx(0.5, abs=0.02)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.2


def test_a_mean_weighs_by_length():
    values = LATTICE.padded(0.0)
    LATTICE.interior(values)[...] = np.arange(20)
    network = line((10.0, 10.0, 10.0), (50.0, 10.0, 10.0), (50.0, 390.0, 10.0))
    # sites 0, 1, 2 with 10, 20, 10 um; then site 2 all along
    assert mean_along(network, cut(LATTICE, network), values) == pytest.approx([1.0, 2.0])


@pytest.mark.parametrize("lattice", [Lattice((9, 8, 7)), Lattice((9, 8))])
@pytest.mark.parametrize("boundary", ["closed", "periodic"])
def test_crowding_counts_the_places_there_are(lattice, boundary):
    lattice = Lattice(lattice.shape, boundary=boundary)
    kind = lattice.padded(0, np.uint8, 2)
    cells = np.random.default_rng(0).choice(
        [0, kind_of(0), kind_of(1, DEBRIS)], (*lattice.shape, 2)
    )
    lattice.interior(kind)[...] = cells
    filled = np.count_nonzero(cells, axis=-1) / 2
    mode = "wrap" if lattice.periodic else "constant"
    padded = np.pad(filled, 1, mode=mode)
    room = np.pad(np.ones(lattice.shape), 1, mode=mode)
    windows = [
        np.lib.stride_tricks.sliding_window_view(a, (3,) * lattice.dim) for a in (padded, room)
    ]
    taken, there = (w.reshape(*lattice.shape, -1).sum(axis=-1) for w in windows)
    sites = lattice.interior(np.arange(np.prod(lattice.padded_shape)).reshape(lattice.padded_shape))
    found = crowding(lattice, kind, sites.reshape(-1))
    np.testing.assert_allclose(found.reshape(lattice.shape), taken / there, rtol=1e-13)


def test_a_segment_is_as_crowded_as_its_way():
    network = line((30.0, 200.0, 200.0), (130.0, 200.0, 200.0), (370.0, 200.0, 200.0))
    inside, outside = crowding_along(
        LATTICE, network, cut(LATTICE, network), around(share=0.5).kind
    )
    assert inside == pytest.approx(1.0)
    # of 240 um 50 are packed, 20 miss the last third of their neighbours, 20 the other two
    assert outside == pytest.approx((50.0 + 20.0 * 2 / 3 + 20.0 / 3) / 240.0)
