"""Splitting segments: a new vessel joins an old one between its ends."""

from dataclasses import replace

import numpy as np

from hybridmet.tissue.vessels import SEGMENT_COLUMNS, VesselNetwork


def split(
    network: VesselNetwork, segment: np.ndarray, along: np.ndarray, node: np.ndarray
) -> VesselNetwork:
    """Segments cut in two or more: cut k divides `segment[k]` at the share `along[k]` of its
    length, where `node[k]` already stands.

    A segment keeps its number up to its first cut; the rest follows all old segments, in the
    order of the segments and along each. Every piece inherits the columns of its segment.
    """
    if len(segment) == 0:
        return network
    order = np.lexsort((along, segment))
    parent, middle = segment[order], node[order].astype(np.int32)
    last = np.append(parent[1:] != parent[:-1], True)
    first = np.append(True, last[:-1])
    ends = network.segments[parent, 1]
    rest = np.stack([middle, np.where(last, ends, np.append(middle[1:], 0))], axis=1)
    segments = network.segments.copy()
    segments[parent[first], 1] = middle[first]
    rows = {
        name: np.concatenate([getattr(network, name), getattr(network, name)[parent]])
        for name in SEGMENT_COLUMNS
        if name != "segments"
    }
    return replace(network, segments=np.concatenate([segments, rest.astype(np.int32)]), **rows)
