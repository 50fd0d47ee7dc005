"""The Franssen problem against metaspread, as shipped and with its field update in arrays."""

import os
import sys
import tempfile
from contextlib import chdir
from statistics import quantiles

from benchmark_franssen import ROUNDS, STEPS, load_metaspread, our_step, quiet, sample, stepper, update_by_arrays
from rows import row

TARGETS = {"shipped": ">= 1000", "arrays": ">= 30"}


def rows(meter) -> list[dict]:
    ours = our_step()
    os.environ.setdefault("MPLBACKEND", "Agg")
    with tempfile.TemporaryDirectory() as directory, chdir(directory):
        try:
            model = load_metaspread(directory)
        except ImportError:
            print("franssen: metaspread is not installed (pip install '.[bench]')", file=sys.stderr)
            return [row("franssen: a step, 1 thread", 1e3 * least(ours), "ms")]
        steps = {"hybridmet": ours, "arrays": stepper(model, update_by_arrays), "shipped": stepper(model)}
        with quiet():
            times = [{n: sample(s, STEPS[n]) for n, s in steps.items()} for _ in range(ROUNDS)]
    low = {name: quantiles([t[name] for t in times], n=4)[0] for name in steps}
    out = [row("franssen: a step, 1 thread", 1e3 * low["hybridmet"], "ms")]
    for name, wanted in TARGETS.items():
        ratio = low[name] / low["hybridmet"]
        out.append(row(f"franssen: over metaspread 2024.0.6, {name}", ratio, "ratio", wanted))
    return out


def least(step) -> float:
    return min(sample(step, STEPS["hybridmet"]) for _ in range(ROUNDS))
