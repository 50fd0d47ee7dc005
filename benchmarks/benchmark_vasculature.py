"""The vasculature's share of a simulated day at 128^3, with every process on.

    python benchmarks/benchmark_vasculature.py

A tumour that fills 30 % of 2.6 mm among capillaries of 100 mm/mm^3 (some 15,000 segments); sprouts
grow at every step of 1 h, flow and remodelling act every 6 h. The first quarter of a day, in which
flow is solved for the first time, is not counted.
"""

from rows import row

from hybridmet.scenario import loads_scenario
from hybridmet.simulation import Simulation

DAY, BEFORE = 24.0, 6.0
SCENARIO = """
name = "vasculature"
duration = "10 d"
output.vtk = false
[fields.vegf]
[primary]
site = "breast"
shape = [128, 128, 128]
cells.radius = "1060 um"
[primary.vessels.flow]
[primary.vessels.sprouting]
half_maximum = 0.1
[primary.vessels.angiogenesis]
haptotaxis = "1000 um^2/h"
[primary.vessels.compression]
[primary.vessels.rupture]
[primary.vessels.pruning]
[primary.vessels.maturation]
[primary.vessels.adaptation]
[organs]
default = false
"""


EVEN = "primary.vessels.flow.phase_separation=false"
"""Red cells part as blood does: flow needs no iteration then."""


def day(*changes: str, threads: int = 2) -> tuple[dict[str, float], Simulation]:
    """Seconds of fields, cells and vessels in a day."""
    sim = Simulation(loads_scenario(SCENARIO, changes), threads=threads)
    sim.run(until=BEFORE)
    before = seconds(sim)
    sim.run(until=BEFORE + DAY)
    return {part: value - before[part] for part, value in seconds(sim).items()}, sim


def seconds(sim: Simulation) -> dict[str, float]:
    return {part: sim.performance()[part]["seconds"] for part in ("fields", "cells", "vessels")}


def rows(meter) -> list[dict]:
    """Figures for benchmarks/run.py."""
    out = []
    for name, changes in (("everything", ()), ("red cells part evenly", (EVEN,))):
        spent, _ = day(*changes)
        total = sum(spent.values())
        rest = total / spent["vessels"] - 1.0
        out.append(row(f"vasculature: a day at 128^3, {name}", total, "s"))
        out.append(row(f"vasculature: rest of that day over its share (3: a quarter), {name}", rest,
                       "ratio", at_least=3))
    return out


if __name__ == "__main__":
    for changes in ((), (EVEN,)):
        spent, sim = day(*changes)
        total = sum(spent.values())
        print({part: round(value, 1) for part, value in spent.items()})
        print(f"share of the vasculature: {spent['vessels'] / total:.1%} of {total:.1f} s; "
              f"{len(sim.patient.primary.vessels.segments)} segments")
        print(sim.patient.primary.vasculature.numerics())
