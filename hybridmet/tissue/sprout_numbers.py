"""Sprout numbers: those of the tips of a network from outside that come without."""

import numpy as np
from scipy.sparse import csr_array


def numbered(segments: np.ndarray, tip: np.ndarray, sprout: np.ndarray) -> np.ndarray:
    """Numbers of sprouts (n,) int64 in which each tip has one.

    A tip of number 0 gets the next one above all others, by its row. So do the nodes without a
    number behind a tip at the end of a vessel, as far as it does not branch: ASSUMED to be what
    the tip has laid. `tip` (n,) and `sprout` (n,) as of VesselNetwork.
    """
    sprout = np.array(sprout, np.int64)
    tips = np.flatnonzero((tip != 0) & (sprout == 0))
    sprout[tips] = int(sprout.max(initial=0)) + 1 + np.arange(len(tips))
    if len(tips) == 0:
        return sprout
    n, (first, second) = len(tip), np.asarray(segments).T
    both = (np.concatenate([first, second]), np.concatenate([second, first]))
    links = csr_array((np.ones(len(both[0]), np.int8), both), shape=(n, n))
    ends = np.bincount(both[0], minlength=n)
    for node in tips[ends[tips] == 1]:
        _number_behind(int(node), links, ends, sprout)
    return sprout


def _number_behind(tip: int, links: csr_array, ends: np.ndarray, sprout: np.ndarray) -> None:
    """Give the number of a tip to the nodes of two segments behind it that have none."""
    before, here = tip, int(links.indices[links.indptr[tip]])
    while ends[here] == 2 and sprout[here] == 0:
        sprout[here] = sprout[tip]
        around = links.indices[links.indptr[here] : links.indptr[here + 1]]
        others = around[around != before]
        if len(others) == 0:
            return
        before, here = here, int(others[0])
