"""A whole run of one of the scenarios beside this file: time by part, peak memory.

    python benchmarks/whole.py month          30 days of 128^3, a frame a day; wanted: under 180 s
    python benchmarks/whole.py ten_million    10^7 cells with all fields; wanted: under 3 GB

In a process of its own, because the peak is the process's. Prints one `key: value` a line.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from hybridmet import Simulation  # noqa: E402

WANTED = {"month": ("seconds", 180.0), "ten_million": ("peak_gb", 3.0)}


def figures(scenario: Path, threads: int, until: str | None) -> dict[str, float]:
    """Run it into a directory that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        sim = Simulation.from_scenario(scenario, threads=threads)
        cells = sim.patient.primary.living
        sim.run(until, folder)
        record = json.loads(Path(folder, "run.json").read_text(encoding="utf-8"))
    performance = record["performance"]
    parts = {name: part["seconds"] for name, part in performance.items() if isinstance(part, dict)}
    return {
        "cells_at_start": cells,
        "cells_at_end": sim.patient.primary.living,
        "seconds": record["wall_time_s"],
        **{f"seconds_{name}": value for name, value in parts.items()},
        "peak_gb": performance["peak_memory_bytes"] / 1e9,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scenario", choices=WANTED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--until", help='shorter than the scenario says, such as "2 d"')
    arguments = parser.parse_args()
    found = figures(HERE / f"{arguments.scenario}.toml", arguments.threads, arguments.until)
    for name, value in found.items():
        print(f"{name}: {value:.4g}" if isinstance(value, float) else f"{name}: {value}")
    key, most = WANTED[arguments.scenario]
    print(f"wanted: {key} < {most:g}: {'met' if found[key] < most else 'missed'}")
    return 0 if found[key] < most else 1


if __name__ == "__main__":
    sys.exit(main())
