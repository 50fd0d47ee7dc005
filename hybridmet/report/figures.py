"""Figures of any report: Matplotlib calls and nothing else. Names are as readers see them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hybridmet.errors import OutputError
from hybridmet.measures.migration import Migration

MOST_TISSUES = 30
"""Rows and columns of a migration matrix [1]: ASSUMED; what can be read."""
MOST_LINES = 9
"""Curves of one figure, the largest ones [1]: what ten colours tell apart."""
DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (2.5, 1)))
"""Of the curves of one figure, in turn: another number of them than of colours."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Of the points of one figure, hollow, so that those in one place are all seen."""
MOST_MARKERS = 30
"""Points of a curve that are marked one by one [1]: ASSUMED."""


def matplotlib_figure() -> Any:
    """Matplotlib's Figure, which needs no display; raises OutputError where it is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise OutputError(
            "report: needs Matplotlib, which is not installed: pip install hybridmet[report]"
        ) from None
    return Figure


def new_axes(width: float = 7.0, height: float = 4.0) -> tuple[Any, Any]:
    figure = matplotlib_figure()(figsize=(width, height))
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def width_of(number: int, lines: int) -> float:
    """Width of a curve: those drawn later are thinner, so that coincident ones are all seen."""
    return 3.2 - 2.0 * number / max(1, lines - 1)


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], y: str, *, log: bool = True
) -> Any:
    """Values over time by name: the largest at the end, by their last value."""
    figure, axes = new_axes()
    largest = sorted(lines, key=lambda name: -lines[name][1][-1])[:MOST_LINES]
    for number, name in enumerate(largest):
        days, values = lines[name]
        shown = np.where(np.asarray(values) > 0, values, np.nan) if log else values
        marker = MARKERS[number % len(MARKERS)] if len(days) <= MOST_MARKERS else ""
        axes.plot(np.asarray(days), shown, label=name, ls=DASHES[number % len(DASHES)],
                  lw=width_of(number, len(largest)), marker=marker, mfc="none", ms=7)  # fmt: skip
    axes.set(xlabel="time (days)", ylabel=y, yscale="log" if log else "linear")
    axes.set_ylim(bottom=0.8 if log else -0.02 * axes.get_ylim()[1])
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
    figure, axes = new_axes()
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
    axes.set_ylim(bottom=0.7)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
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
    figure, axes = new_axes(0.32 * len(places) + 2.5, 0.32 * len(origins) + 1.5)
    image = axes.imshow(arrivals, norm=LogNorm(1, max(2.0, np.nanmax(arrivals))), cmap="viridis_r")
    for set_ticks, names, turned in (
        (axes.set_xticks, places, {"rotation": 60, "ha": "right"}),
        (axes.set_yticks, origins, {}),
    ):
        set_ticks(range(len(names)), names, **turned)
    axes.set(xlabel="to", ylabel="from")
    figure.colorbar(image, label="DTCs that arrived")
    return figure


def _by_arrivals(edges: Sequence[Migration], end: str) -> list[str]:
    """Names of tissues at one end of the edges, those of most arrivals first."""
    total: Counter[str] = Counter()
    for edge in edges:
        total[getattr(edge, end)] += edge.arrivals
    return sorted(total, key=lambda name: (-total[name], name))[:MOST_TISSUES]
