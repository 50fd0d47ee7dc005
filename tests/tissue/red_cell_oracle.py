"""Red cells at forks, plainly: the same rule as csrc/hm_red_cells.c, one node after the other."""

import numpy as np

from hybridmet.tissue.rheology import MOST_HAEMATOCRIT, NARROWEST


def share_by_law(blood, feeding, branch, other, haematocrit) -> float:
    """Pries et al. 1989, with its logits written as odds."""
    plasma = (1.0 - haematocrit) / max(feeding, NARROWEST)
    skimmed = 0.964 * plasma
    x = (blood - skimmed) / (1.0 - 2.0 * skimmed)
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    a = -13.29 * (branch**2 - other**2) / (branch**2 + other**2) * plasma
    odds = np.exp(a) * (x / (1.0 - x)) ** (1.0 + 6.98 * plasma)
    return odds / (1.0 + odds)


def shares(flows, diameters, feeding, haematocrit) -> np.ndarray:
    """Of the branches of a fork with several."""
    flows, diameters = np.array(flows), np.array(diameters)
    blood, n = flows / flows.sum(), len(flows)
    law = np.empty(n)
    for k in range(n):
        rest = np.arange(n) != k
        other = diameters[rest] @ flows[rest] / flows[rest].sum()
        law[k] = share_by_law(blood[k], feeding, diameters[k], other, haematocrit)
    law = law / law.sum() if law.sum() > 1.0 else law + (1.0 - law.sum()) * blood
    room = MOST_HAEMATOCRIT / max(haematocrit, 1e-100) * blood
    if np.any(law > room):
        held = np.minimum(law, room)
        law = held + (1.0 - held.sum()) * (room - held) / (room - held).sum()
    return law


def red_cell_flux(first, second, flow, diameter, outside, inlet, mixed, pressure) -> np.ndarray:
    """Flux of red cells (k,) [nL/min], nodes in the order of falling pressure."""
    upper, lower = np.where(flow >= 0.0, first, second), np.where(flow >= 0.0, second, first)
    size, flux = np.abs(flow), np.zeros(len(flow))
    for node in np.argsort(-pressure, kind="stable"):
        out = np.flatnonzero((upper == node) & (size > 0.0))
        into = np.flatnonzero((lower == node) & (size > 0.0))
        if len(out) == 0:
            continue
        came = max(outside[node], 0.0)
        cells = came * inlet[node] + flux[into].sum()
        if mixed[node] or len(out) == 1:
            gone = size[out].sum() + max(-outside[node], 0.0)
            flux[out] = cells * size[out] / gone
            continue
        feeding = diameter[into] @ size[into] / size[into].sum()
        mixture = min(cells / (came + size[into].sum()), MOST_HAEMATOCRIT)
        flux[out] = cells * shares(size[out], diameter[out], feeding, mixture)
    return flux
