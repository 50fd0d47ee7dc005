"""Whole runs of the scenarios beside this file: time by part, occupancy, peak memory.

    python benchmarks/whole.py month          30 days of 128^3, a frame a day; wanted: under 180 s
    python benchmarks/whole.py ten_million    10^7 cells with all fields; wanted: under 3 GB

In a process of its own, because the peak is the process's. Prints one `key: value` a line, and a
verdict only for what decides it: time needs the whole run, memory peaks in the first steps.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from rows import row

WANTED = {"month": ("seconds", 180.0), "ten_million": ("peak_gb", 3.0)}
SHORT = "2 h"
"""Two macro steps of `ten_million` are enough for its peak: nothing grows after them but output."""


def occupancy(folder: Path, sites: int) -> dict[str, float]:
    """Share of the primary's sites with a living cell: at the start, on the mean over the
    observations, at the end."""
    with open(folder / "history.csv", encoding="utf-8") as stream:
        table = list(csv.DictReader(stream))
    shares = [int(line["cells"]) / sites for line in table if line["organ"] == table[0]["organ"]]
    return {
        "occupied_at_start": shares[0],
        "occupied_on_the_mean": sum(shares) / len(shares),
        "occupied_at_end": shares[-1],
    }


def figures(scenario: Path, threads: int, until: str | None) -> dict[str, float]:
    """Run it into a directory that is thrown away."""
    from hybridmet import Simulation

    with tempfile.TemporaryDirectory() as folder:
        sim = Simulation.from_scenario(scenario, threads=threads)
        cells = sim.patient.primary.living
        sim.run(until, folder)
        record = json.loads(Path(folder, "run.json").read_text(encoding="utf-8"))
        occupied = occupancy(Path(folder), sim.patient.primary.lattice.sites)
    performance = record["performance"]
    parts = {name: part["seconds"] for name, part in performance.items() if isinstance(part, dict)}
    return {
        "cells_at_start": cells,
        "cells_at_end": sim.patient.primary.living,
        **occupied,
        "seconds": record["wall_time_s"],
        **{f"seconds_{name}": value for name, value in parts.items()},
        "peak_gb": performance["peak_memory_bytes"] / 1e9,
    }


def in_a_process(scenario: str, *arguments: str) -> dict[str, float]:
    """The figures of a run in a process of its own."""
    command = [sys.executable, str(HERE / "whole.py"), scenario, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = [line.split(": ") for line in done.stdout.splitlines()]
    found = {key: float(value) for key, value, *_ in lines if key != "wanted"}
    if WANTED[scenario][0] not in found:
        raise RuntimeError(f"{' '.join(command)} failed with exit status {done.returncode}")
    return found


def rows(meter) -> list[dict]:
    """A month, and the first two steps of ten million cells, on one thread."""
    month, many = in_a_process("month"), in_a_process("ten_million", "--until", SHORT)
    name = "whole: 30 days of 128^3, 1 thread"
    return [
        row(f"{name}, time", month["seconds"], "s", at_most=WANTED["month"][1]),
        row(f"{name}, time of fields", month["seconds_fields"], "s"),
        row(f"{name}, time of cells", month["seconds_cells"], "s"),
        row(f"{name}, sites occupied at the start", 100.0 * month["occupied_at_start"], "%"),
        row(f"{name}, sites occupied on the mean", 100.0 * month["occupied_on_the_mean"], "%"),
        row(f"{name}, sites occupied at the end", 100.0 * month["occupied_at_end"], "%"),
        row("whole: 10^7 cells, all fields, 2 steps, peak memory", many["peak_gb"], "GB",
            at_most=WANTED["ten_million"][1]),
    ]  # fmt: skip


def verdict(scenario: str, found: dict[str, float], until: str | None) -> bool | None:
    """Whether the target is met; None where a shortened run cannot tell."""
    key, most = WANTED[scenario]
    return None if key == "seconds" and until else found[key] < most


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("scenario", choices=WANTED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--until", help='shorter than the scenario says, such as "2 d"')
    arguments = parser.parse_args()
    found = figures(HERE / f"{arguments.scenario}.toml", arguments.threads, arguments.until)
    for name, value in found.items():
        print(f"{name}: {value:.4g}" if isinstance(value, float) else f"{name}: {value}")
    key, most = WANTED[arguments.scenario]
    good = verdict(arguments.scenario, found, arguments.until)
    if good is not None:
        print(f"wanted: {key} < {most:g}: {'met' if good else 'missed'}")
    return 1 if good is False else 0


if __name__ == "__main__":
    sys.exit(main())
