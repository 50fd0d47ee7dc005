"""Figures of a population: Matplotlib calls and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hybridmet.measures.organ_incidence import OrganIncidence
from hybridmet.measures.time_to_event import FreeOfEvent
from hybridmet.report.autopsies import Published
from hybridmet.report.figures import DASHES, MOST_LINES, new_axes, width_of
from hybridmet.report.names import shown_place
from hybridmet.report.page import extent
from hybridmet.report.sweeps import SweptShare

GREY, BLUE, RED, GREEN = "#333333", "#7a9cc6", "#c0504d", "#5d7f37"
WIDE = 30.0
"""Ratio of the largest to the least value [1] from which an axis is logarithmic: ASSUMED."""


def incidence_bars(
    rows: Sequence[OrganIncidence], published: Published, size: str, autopsies: str
) -> Any:
    """Share of patients with a metastasis by organ, and published ones as diamonds, both with
    Wilson's interval."""
    figure, axes = new_axes(8.0, 4.5)
    x = np.arange(len(rows))
    shares = 100 * np.array([(row.probability, row.low, row.high) for row in rows])
    axes.bar(x, shares[:, 0], color=BLUE, label=f"simulated, n = {rows[0].patients}")
    _bars(axes, x - 0.12, shares, fmt="none", ecolor=GREY)
    known = [i for i, row in enumerate(rows) if row.organ in published]
    if known:
        found = 100 * np.array([published[rows[i].organ] for i in known])
        _bars(axes, np.array(known) + 0.12, found, fmt="D", color=RED, ms=4,
              label=f"diSibio & French 2008, {autopsies}")  # fmt: skip
        shares = np.concatenate([shares, found])
    axes.legend(frameon=False)
    _organs(axes, rows)
    axes.set(ylabel=f"patients with a {size} (%)", ylim=(0, _top(shares)))
    return figure


def _bars(axes: Any, x: Any, values: np.ndarray, **style: Any) -> None:
    """Points with intervals; values : (n, 3) value, low, high."""
    value, low, high = np.asarray(values, dtype=float).T
    reach = np.maximum([value - low, high - value], 0.0)
    axes.errorbar(x, value, yerr=reach, capsize=2, elinewidth=1.0, **style)


def _top(shares: np.ndarray) -> float:
    """Upper end of an axis of shares [%], with room above the largest."""
    return min(102.0, 1.08 * float(np.nanmax(shares)))


def _organs(axes: Any, rows: Sequence[OrganIncidence]) -> None:
    names = [shown_place(row.organ) for row in rows]
    axes.set_xticks(range(len(rows)), names, rotation=60, ha="right")


def free_of_metastasis(curves: Mapping[str, FreeOfEvent], size: str) -> Any:
    """Kaplan-Meier curves of time to the first metastasis, by name; the later are the thinner, so
    that one above another hides it not."""
    figure, axes = new_axes()
    shown = list(curves.items())[:MOST_LINES]
    for number, (name, curve) in enumerate(shown):
        label = f"{shown_place(name)} ({curve.events} of {curve.patients})"
        days = np.concatenate([[0.0], curve.times]) / 24.0
        share = np.concatenate([[1.0], curve.share])
        line = axes.step(days, 100 * share, where="post", ls=DASHES[number % len(DASHES)],
                         lw=width_of(number, len(shown)), label=label)[0]  # fmt: skip
        low, high = (np.concatenate([[np.nan], band]) for band in (curve.low, curve.high))
        axes.fill_between(days, 100 * low, 100 * high, step="post", alpha=0.12, lw=0,
                          color=line.get_color())  # fmt: skip
    lowest = min(np.nanmin([*curve.share, *curve.low, 1.0]) for _, curve in shown)
    axes.set(xlabel="time (days)", ylabel=f"patients free of a {size} (%)",
             ylim=(_bottom(100 * lowest), 101))  # fmt: skip
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _bottom(lowest: float) -> float:
    """Lower end of an axis of shares [%]: 0 unless all lie in the upper half."""
    return 0.0 if lowest < 50.0 else min(80.0, 5.0 * np.floor((lowest - 2.5) / 5.0))


def efficiency_points(rows: Sequence[OrganIncidence]) -> Any:
    """Metastatic efficiency index by organ with its interval; where no patient has a metastasis,
    an arrow down from the upper end of the interval."""
    figure, axes = new_axes(8.0, 4.0)
    known = [row for row in rows if row.flow > 0.0]
    seen = [i for i, row in enumerate(known) if row.cases]
    none = [i for i, row in enumerate(known) if not row.cases]
    if seen:
        points = np.array([(known[i].efficiency, *known[i].efficiency_interval) for i in seen])
        _bars(axes, seen, points, fmt="o", color=GREEN, ms=5, label="index, 95 % interval")
    if none:
        ends = np.array([known[i].efficiency_interval[1] for i in none])
        axes.errorbar(none, ends, yerr=0.4 * ends, uplims=True, fmt="_", color=GREY, ms=8,
                      label="no patient: upper end of the interval")  # fmt: skip
    _organs(axes, known)
    axes.set(ylabel="metastatic efficiency index (1)", yscale="log")
    axes.grid(axis="y", color="#e5e5e5", lw=0.6)
    axes.legend(frameon=False, title=f"n = {rows[0].patients}")
    return figure


def swept(found: Sequence[SweptShare], key: str, unit: str, size: str) -> Any:
    """Share of patients with a metastasis over a swept value: numbers in their place, with the
    range of those that are pooled, words side by side."""
    figure, axes = new_axes(6.0, 4.0)
    shares = 100 * np.array([one.share for one in found])
    ends = np.array([(one.least, one.most) for one in found])
    words = bool(np.isnan(ends).any())
    log = not words and ends.min() > 0.0 and ends.max() / ends.min() >= WIDE
    x = np.arange(len(found)) if words else _middle(ends, log)
    reach = None if words else np.abs(ends.T - x)
    _bars(axes, x, shares, fmt="o", color=BLUE, ecolor=GREY, xerr=reach,
          label=f"n = {extent(one.patients for one in found)} patients a point")  # fmt: skip
    if words:
        axes.set_xticks(x, [one.value for one in found], rotation=30, ha="right")
    elif log:
        axes.set_xscale("log")
    top = _top(shares)
    axes.set(xlabel=f"{key} ({unit})" if unit else key, ylim=(-0.02 * top, top),
             ylabel=f"patients with a {size}, any organ (%)")  # fmt: skip
    axes.legend(frameon=False)
    return figure


def _middle(ends: np.ndarray, log: bool) -> np.ndarray:
    return np.exp(np.log(ends).mean(axis=1)) if log else ends.mean(axis=1)
