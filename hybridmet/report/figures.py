"""Figures of a report: Matplotlib calls and nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hybridmet.errors import OutputError
from hybridmet.measures.migration import Migration
from hybridmet.measures.organ_incidence import OrganIncidence

MOST_TISSUES = 30
"""Rows and columns of a migration matrix [1]: ASSUMED; what can be read."""
MOST_LINES = 9
"""Curves of one figure, the largest ones [1]: what ten colours tell apart."""


def matplotlib_figure() -> Any:
    """Matplotlib's Figure, which needs no display; raises OutputError where it is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise OutputError(
            "report: needs Matplotlib, which is not installed: pip install hybridmet[report]"
        ) from None
    return Figure


def _axes(width: float = 7.0, height: float = 4.0) -> tuple[Any, Any]:
    figure = matplotlib_figure()(figsize=(width, height))
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], y: str, *, log: bool = True
) -> Any:
    """Values over time by name: the largest at the end, by their last value."""
    figure, axes = _axes()
    largest = sorted(lines, key=lambda name: -lines[name][1][-1])[:MOST_LINES]
    for name in largest:
        days, values = lines[name]
        shown = np.where(np.asarray(values) > 0, values, np.nan) if log else values
        axes.plot(np.asarray(days), shown, ".-", label=name)
    axes.set(xlabel="time (days)", ylabel=y, yscale="log" if log else "linear")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def colony_sizes(
    arrival_days: Sequence[float],
    cells: Sequence[int],
    organs: Sequence[str],
    thresholds: Mapping[str, int],
) -> Any:
    """Living cells of each colony over the arrival of its founder; lines where a colony is called
    by another name."""
    figure, axes = _axes()
    counts = {organ: list(organs).count(organ) for organ in dict.fromkeys(organs)}
    for organ in sorted(counts, key=lambda name: -counts[name])[:MOST_LINES]:
        mine = [i for i, name in enumerate(organs) if name == organ]
        axes.plot([arrival_days[i] for i in mine], [max(cells[i], 0.8) for i in mine],
                  "o", alpha=0.7, label=f"{organ} ({len(mine)})")  # fmt: skip
    for name, least in thresholds.items():
        axes.axhline(least, color="#999999", lw=0.8, ls="--")
        axes.annotate(name, (0.01, least), xycoords=("axes fraction", "data"), va="bottom",
                      fontsize=8, color="#666666")  # fmt: skip
    axes.set(xlabel="arrival of the founder (days)", ylabel="living cells", yscale="log")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def incidence_bars(rows: Sequence[OrganIncidence], published: Mapping[str, float]) -> Any:
    """Share of patients with a metastasis by organ with Wilson's interval; published ones as
    diamonds."""
    figure, axes = _axes(8.0, 4.5)
    x = np.arange(len(rows))
    share = np.array([row.probability for row in rows])
    reach = np.array([(s - row.low, row.high - s) for s, row in zip(share, rows, strict=True)])
    axes.bar(x, 100 * share, color="#7a9cc6", label="simulated")
    axes.errorbar(x, 100 * share, yerr=100 * np.maximum(reach.T, 0.0), fmt="none",
                  ecolor="#333333", capsize=2)  # fmt: skip
    known = [i for i, row in enumerate(rows) if row.organ in published]
    if known:
        axes.plot(known, [100 * published[rows[i].organ] for i in known], "D", color="#c0504d",
                  label="diSibio & French 2008")  # fmt: skip
        axes.legend(frameon=False)
    axes.set_xticks(x, [row.organ.replace("_", " ") for row in rows], rotation=60, ha="right")
    axes.set(ylabel="patients with a metastasis (%)", ylim=(0, 100))
    return figure


def free_of_metastasis(rows: Mapping[str, Any]) -> Any:
    """Kaplan-Meier curves of time to the first metastasis, by name."""
    figure, axes = _axes()
    for name, curve in list(rows.items())[:MOST_LINES]:
        days = np.concatenate([[0.0], curve.times]) / 24.0
        share = np.concatenate([[1.0], curve.share])
        line = axes.step(days, 100 * share, where="post", label=name)[0]
        low, high = (np.concatenate([[np.nan], band]) for band in (curve.low, curve.high))
        axes.fill_between(
            days, 100 * low, 100 * high, step="post", alpha=0.12, color=line.get_color()
        )
    axes.set(xlabel="time (days)", ylabel="free of metastasis (%)", ylim=(0, 101))
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def efficiency_bars(rows: Sequence[OrganIncidence]) -> Any:
    """Metastatic efficiency index by organ with its interval."""
    figure, axes = _axes(8.0, 4.0)
    known = [row for row in rows if row.efficiency > 0]
    heights = [row.efficiency for row in known]
    ends = [row.efficiency_interval for row in known]
    reach = [(h - low, high - h) for h, (low, high) in zip(heights, ends, strict=True)]
    axes.bar(range(len(known)), heights, color="#9bbb77")
    axes.errorbar(range(len(known)), heights, yerr=np.reshape(reach, (-1, 2)).T, fmt="none",
                  ecolor="#333333", capsize=2)  # fmt: skip
    names = [row.organ.replace("_", " ") for row in known]
    axes.set_xticks(range(len(known)), names, rotation=60, ha="right")
    axes.set(ylabel="metastatic efficiency index (1)", yscale="log")
    return figure


def migration_matrix(edges: Sequence[Migration]) -> Any:
    """Arrivals by tissue of origin (rows) and of arrival (columns), the largest first."""
    from matplotlib.colors import LogNorm

    origins, places = (_by_arrivals(edges, end) for end in ("origin", "place"))
    arrivals = np.full((len(origins), len(places)), np.nan)
    for edge in edges:
        if edge.origin in origins and edge.place in places:
            cell = origins.index(edge.origin), places.index(edge.place)
            arrivals[cell] = np.nansum([arrivals[cell], edge.arrivals])
    figure, axes = _axes(0.32 * len(places) + 2.5, 0.32 * len(origins) + 1.5)
    image = axes.imshow(arrivals, norm=LogNorm(1, max(2.0, np.nanmax(arrivals))), cmap="viridis_r")
    for set_ticks, names, turned in (
        (axes.set_xticks, places, {"rotation": 60, "ha": "right"}),
        (axes.set_yticks, origins, {}),
    ):
        set_ticks(range(len(names)), [name.replace("_", " ") for name in names], **turned)
    axes.set(xlabel="to", ylabel="from")
    figure.colorbar(image, label="DTCs that arrived")
    return figure


def _by_arrivals(edges: Sequence[Migration], end: str) -> list[str]:
    """Names of tissues at one end of the edges, those of most arrivals first."""
    total: Counter[str] = Counter()
    for edge in edges:
        total[getattr(edge, end)] += edge.arrivals
    return sorted(total, key=lambda name: (-total[name], name))[:MOST_TISSUES]
