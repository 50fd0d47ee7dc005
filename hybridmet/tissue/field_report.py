"""What the steps of fields took."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Solve:
    """What one step of one field took."""

    cycles: int = 0
    """V-cycles."""
    substeps: int = 0
    """Explicit or exact sub-steps."""
    error: float = 0.0
    """Largest error, as the solver estimates it, over the largest concentration [1]."""
    residual: float = 0.0
    """Largest change of one more Jacobi sweep over the largest concentration [1]."""
    updates: int = 0
    """Site updates: sites times sweeps, coarse grids included."""
    clamped: int = 0
    """Sites set to 0 because the result was negative."""
    skipped: bool = False
    """Nothing could change."""

    def then(self, other: "Solve") -> "Solve":
        """This and another solve of the same step."""
        return Solve(
            cycles=self.cycles + other.cycles,
            error=max(self.error, other.error),
            residual=max(self.residual, other.residual),
            updates=self.updates + other.updates,
            clamped=self.clamped + other.clamped,
            skipped=self.skipped and other.skipped,
        )


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What one step of all fields took, by name."""

    solves: dict[str, Solve]

    def __getitem__(self, name: str) -> Solve:
        return self.solves[name]

    @property
    def updates(self) -> int:
        return sum(solve.updates for solve in self.solves.values())


class SolveLog:
    """What the steps of each field took so far, for the record of a run."""

    def __init__(self, fields: Mapping[str, np.ndarray]):
        empty = {"solves": 0, "cycles": 0, "substeps": 0, "clamped": 0, "largest_error": 0.0}
        self.rows: dict[str, dict[str, float]] = {name: dict(empty) for name in fields}

    def add(self, report: FieldReport) -> None:
        for name, solve in report.solves.items():
            row = self.rows[name]
            row["solves"] += not solve.skipped
            row["cycles"] += solve.cycles
            row["substeps"] += solve.substeps
            row["clamped"] += solve.clamped
            row["largest_error"] = max(row["largest_error"], solve.error)
