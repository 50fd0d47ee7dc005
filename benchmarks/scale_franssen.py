"""The Franssen problem against metaspread, as shipped and with its field update in arrays."""

import os
import sys
import tempfile
from contextlib import chdir
from statistics import quantiles

from benchmark_franssen import (
    ROUNDS,
    STEPS,
    load_metaspread,
    our_step,
    quiet,
    sample,
    stepper,
    update_by_arrays,
)
from rows import row
from timing import in_turn

TARGETS = {"as shipped": 1000.0, "fields by arrays": 30.0}
"""Wanted at least, of its 3 grids."""


def peers(directory: str) -> dict:
    """Steps of metaspread with its 3 grids (2 of them empty, stepped all the same) and with the
    primary's grid alone; ours has one lattice until a cell arrives elsewhere."""
    model, single = load_metaspread(directory), load_metaspread(directory, grids=1)
    return {
        "as shipped": stepper(model),
        "fields by arrays": stepper(model, update_by_arrays),
        "as shipped, one grid": stepper(single),
        "fields by arrays, one grid": stepper(single, update_by_arrays),
    }


def rows(meter) -> list[dict]:
    """Lower quartiles of samples taken in turn, wall-clock."""
    ours = our_step()
    os.environ.setdefault("MPLBACKEND", "Agg")
    with tempfile.TemporaryDirectory() as directory, chdir(directory):
        try:
            steps = {"hybridmet": ours} | peers(directory)
        except ImportError:
            print("franssen: metaspread is not installed (pip install '.[bench]')", file=sys.stderr)
            steps = {"hybridmet": ours}
        samplers = [
            lambda n=name: sample(steps[n], STEPS.get(n.split(",")[0], 1)) for name in steps
        ]
        with quiet():
            times = in_turn(*samplers, samples=ROUNDS)
    low = {name: quantiles(t, n=4)[0] for name, t in zip(steps, times, strict=True)}
    out = [row("franssen: a step, 1 thread", 1e3 * low.pop("hybridmet"), "ms")]
    for name, seconds in low.items():
        ratio = 1e3 * seconds / out[0]["value"]
        out.append(row(f"franssen: a step of metaspread 2024.0.6, {name}", 1e3 * seconds, "ms"))
        out.append(row(f"franssen: over metaspread 2024.0.6, {name}", ratio, "ratio",
                       at_least=TARGETS.get(name)))
    return out
