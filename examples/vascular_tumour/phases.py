"""The phases of a tumour that grows its vessels, from history.csv, in numbers and as curves.

    python phases.py OUT WITHOUT_SPROUTING PICTURE.png

OUT and WITHOUT_SPROUTING are run directories of this scenario with and without sprouting.
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DAY = 24.0
ORGAN = "breast"


@dataclass(frozen=True)
class Course:
    """Columns of the primary in history.csv, a row per output time.

    day; cells, living; growth, ln(cells(t + 1 d) / cells(t - 1 d)) / 2 d [1/d], NaN at the ends;
    hypoxic, proliferating, shares of the living; length, perfused [mm] of all vessels and of those
    that carry blood; vegf, mean; intravasated, cells that entered the blood so far.
    """

    day: np.ndarray
    cells: np.ndarray
    growth: np.ndarray
    hypoxic: np.ndarray
    proliferating: np.ndarray
    length: np.ndarray
    perfused: np.ndarray
    vegf: np.ndarray
    intravasated: np.ndarray

    def first(self, happened: np.ndarray) -> float:
        """Day on which something is so for the first time; NaN: never."""
        return float(self.day[np.argmax(happened)]) if happened.any() else float("nan")


@dataclass(frozen=True)
class Phases:
    """When [d] each phase begins, and how fast the tumour grows in it [1/d]."""

    hypoxia: float
    """More than half of the living cells are hypoxic."""
    sprouts: float
    """Vessels are longer than at the start by 1 %."""
    perfusion: float
    """Vessels with blood are longer than at the start by a quarter."""
    intravasation: float
    """Ten cells have entered the blood."""
    early: float
    """Growth over the first 4 d."""
    slowest_day: float
    slowest: float
    """Least growth before perfusion, and its day."""
    fastest_day: float
    fastest: float
    """Largest growth after that, and its day."""


def course(directory: Path | str) -> Course:
    """The primary's rows of a run directory."""
    with (Path(directory) / "history.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["organ"] == ORGAN]
    column = {
        name: np.array([float(row[name] or "nan") for row in rows])
        for name in rows[0]
        if name != "organ"
    }
    day, cells = column["time_h"] / DAY, column["cells"]
    ahead, behind = (np.interp(day + shift, day, np.log(cells)) for shift in (1.0, -1.0))
    inner = (day >= day[0] + 1.0) & (day <= day[-1] - 1.0)
    return Course(
        day,
        cells,
        np.where(inner, (ahead - behind) / 2.0, np.nan),
        column["hypoxic"] / cells,
        column["proliferating"] / cells,
        column["vessel_length_mm"],
        column["vessel_length_mm"] * column["perfused_fraction"],
        column["vegf_mean"],
        column["intravasated"],
    )


def phases(run: Course) -> Phases:
    """What happens when."""
    perfusion = run.first(run.perfused > 1.25 * run.perfused[0])
    before = np.where(run.day <= perfusion, run.growth, np.nan)
    slowest = int(np.nanargmin(before))
    fastest = int(np.nanargmax(np.where(run.day > run.day[slowest], run.growth, np.nan)))
    return Phases(
        run.first(run.hypoxic > 0.5),
        run.first(run.length > 1.01 * run.length[0]),
        perfusion,
        run.first(run.intravasated >= 10),
        float(np.interp(4.0, run.day, np.log(run.cells)) - np.log(run.cells[0])) / 4.0,
        float(run.day[slowest]),
        float(run.growth[slowest]),
        float(run.day[fastest]),
        float(run.growth[fastest]),
    )


PANELS = (
    ("living cells", "cells", None),
    ("growth rate of living cells [1/d]", "growth", None),
    ("share of living cells", "hypoxic", "proliferating"),
    ("vessel length [mm]", "length", "perfused"),
    ("VEGF, mean [secretion/decay]", "vegf", None),
    ("intravasations so far", "intravasated", None),
)
"""Title, column, and a second column that goes with it."""
WITH, WITHOUT, MARK = "#b3261e", "#5f6b7a", "#9aa3ad"


def draw(runs: tuple[Course, Course], picture: Path | str) -> None:
    """Curves of both runs, and the days on which the phases of the first begin."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    begins = phases(runs[0])
    figure, axes = pyplot.subplots(3, 2, figsize=(9.5, 9.0), sharex=True, layout="constrained")
    for axis, (title, name, other) in zip(axes.flat, PANELS, strict=True):
        for run, colour, label in zip(
            runs, (WITH, WITHOUT), ("sprouting", "no sprouting"), strict=True
        ):
            axis.plot(
                run.day,
                getattr(run, name),
                color=colour,
                label=f"{label}{': ' + name if other else ''}",
            )
            if other:
                axis.plot(
                    run.day, getattr(run, other), color=colour, ls="--", label=f"{label}: {other}"
                )
        for event in ("hypoxia", "sprouts", "perfusion", "intravasation"):
            axis.axvline(getattr(begins, event), color=MARK, lw=0.8, ls=":")
        axis.set_title(title, fontsize=10, loc="left")
        axis.legend(fontsize=7, frameon=False)
    axes[0, 0].set_yscale("log")
    for event in ("hypoxia", "sprouts", "perfusion", "intravasation"):
        axes[0, 1].annotate(
            event, (getattr(begins, event), 1.0), xycoords=("data", "axes fraction"), rotation=90,
            fontsize=7, ha="right", va="top", color=WITHOUT,
        )  # fmt: skip
    for axis in axes[-1]:
        axis.set_xlabel("day")
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    both = (course(sys.argv[1]), course(sys.argv[2]))
    print(phases(both[0]))
    draw(both, sys.argv[3])
