"""Simulation: the clock, the run loop and what watches it."""

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from hybridmet._core.check import has_openmp
from hybridmet.errors import RoomError, ScenarioError, WriteError
from hybridmet.patient import Patient
from hybridmet.run_directory import RunDirectory
from hybridmet.scenario import Scenario, load_scenario
from hybridmet.scenario.build import build_patient
from hybridmet.scenario.memory import check_memory
from hybridmet.tables import REACHED
from hybridmet.units import Seed, Threads, Time, quantity_of

RUNNING, COMPLETED, INTERRUPTED, FAILED = "running", "completed", "interrupted", "failed"

def _checked(name: str, value: int, hint: object) -> int:
    """A whole number in its range, or ScenarioError."""
    try:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("must be a whole number")
        return quantity_of(hint).check(value)
    except ValueError as error:
        raise ScenarioError(f"{name}: got {value!r}, {error}") from None


Progress = Callable[["Simulation"], None]


def usable_threads() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


MOST_EVENTS = 1_000_000
"""Events of each kind that a run without output keeps for `drain_events` [1]: ASSUMED, 0.1 GB."""
TRIM_EVERY = 256
"""Macro steps between looks at how many there are [1]."""


class Simulation:
    """A patient, a clock and outputs.

    >>> sim = Simulation.from_scenario("scenario.toml")
    >>> sim.run(until=24.0)
    >>> sim.patient.tissues["liver"].fields["oxygen"].mean()
    """

    def __init__(self, scenario: Scenario, *, seed: int | None = None, threads: int | None = None):
        """`seed` and `threads` default to the scenario's seed and to all usable cores."""
        if not isinstance(scenario, Scenario):
            raise ScenarioError(
                f"scenario: got {scenario!r}, must be a Scenario (a file: Simulation.from_scenario)"
            )
        check_memory(scenario)
        self.scenario = scenario
        self.seed = _checked("seed", scenario.random_seed if seed is None else seed, Seed)
        wanted = _checked("threads", usable_threads() if threads is None else threads, Threads)
        self.threads = wanted if has_openmp() else 1
        """Threads in use: one where the kernels were built without OpenMP."""
        self.patient: Patient = build_patient(scenario, self.seed, self.threads)
        self.status = RUNNING
        self.until = scenario.duration
        self.output_seconds, self.frames = 0.0, 0
        self._stop = threading.Event()

    @classmethod
    def from_scenario(
        cls,
        source: str | Path | Scenario,
        *,
        seed: int | None = None,
        threads: int | None = None,
        overrides: Iterable[str] = (),
    ) -> "Simulation":
        """From a TOML file or a Scenario; `overrides` are texts such as "primary.site=breast"."""
        scenario = source if isinstance(source, Scenario) else load_scenario(source, overrides)
        return cls(scenario, seed=seed, threads=threads)

    @property
    def time(self) -> float:
        """Simulated time [h]."""
        return self.patient.time

    @property
    def steps(self) -> int:
        """Macro steps done."""
        return self.patient.steps

    def stop(self) -> None:
        """Finish the macro step, write the outputs and end as "interrupted"; callable from a
        signal handler or another thread."""
        self._stop.set()

    def run(
        self,
        until: float | str | None = None,
        output: str | Path | None = None,
        progress: Progress | None = None,
    ) -> "Simulation":
        """Advance to `until` ([h], or text such as "30 d"; default: the scenario's duration).

        `output` names a directory that is made and filled; `progress` is called after each macro
        step. Raises OutputError if the directory is not empty or cannot be written.
        """
        self.until = self._until(until)
        self.status = RUNNING
        directory = RunDirectory(output, self) if output is not None else None
        try:
            self._loop(directory, progress)
            # A wish to stop that came during the last step changes nothing.
            self.status = INTERRUPTED if self._remaining() > 0.0 else COMPLETED
            if directory is not None:
                directory.close(self)
        except BaseException as error:
            self.status = FAILED
            if directory is not None:
                self._leave(directory, whole=isinstance(error, RoomError))
            raise
        finally:
            self._stop.clear()
        return self

    def _until(self, until: float | str | None) -> float:
        if until is None:
            return self.scenario.duration
        try:
            quantity = quantity_of(Time)
            return quantity.parse(until) if isinstance(until, str) else quantity.check(until)
        except (TypeError, ValueError) as error:
            raise ScenarioError(f"until: got {until!r}, {error}") from None

    def _loop(self, directory: RunDirectory | None, progress: Progress | None) -> None:
        logged = directory is not None and self.scenario.output.events
        self._observe(directory, before=-1.0)
        while not self._stop.is_set() and self._remaining() > 0.0:
            before = self.time
            self.patient.step(min(self.scenario.time_step, self._remaining()))
            self._observe(directory, before)
            if not logged and self.steps % TRIM_EVERY == 0:
                self.patient.trim_events(MOST_EVENTS)
            if progress is not None:
                progress(self)

    def _leave(self, directory: RunDirectory, whole: bool) -> None:
        """Write the results of a run that failed after a whole step; else what can be written."""
        try:
            if whole:
                directory.close(self)
                return
        except (MemoryError, WriteError):
            pass
        directory.fail(self)

    def _remaining(self) -> float:
        """Time left [h]; what is lost in rounding counts as none."""
        left = self.until - self.time
        return left if left > 1e-9 * max(1.0, self.until) else 0.0

    def _observe(self, directory: RunDirectory | None, before: float) -> None:
        if directory is None:
            return
        start = perf_counter()
        self.frames += directory.observe(self, before)
        self.output_seconds += perf_counter() - start

    def summary(self) -> list[dict]:
        """A row per lattice: organ, DTCs seeded and what became of them, colonies by the size that
        they have ever reached, cells; as in an ensemble's results.csv."""
        colonies = self.patient.colonies()
        return [
            self._summary_row(tissue, colonies[colonies["organ"] == tissue.name])
            for tissue in self.patient.tissues.values()
        ]

    @staticmethod
    def _summary_row(tissue: Any, colonies: np.ndarray) -> dict:
        flows = tissue.flows
        return {
            "organ": tissue.name,
            "seeded": flows["seeded"],
            "dormant": tissue.counts()["dormant"],
            "reactivated": flows.get("reactivated", 0),
            "died_dormant": flows.get("died_dormant", 0),
            "colonies": len(colonies),
            **{
                name: int(np.count_nonzero(~np.isnan(colonies[column])))
                for name, column in REACHED.items()
            },
            "cells": tissue.living,
        }

    def performance(self) -> dict[str, dict[str, float]]:
        """Seconds and updates of fields, cells, vessels, circulation and output so far."""
        parts = {part: {"seconds": 0.0, "updates": 0} for part in ("fields", "cells", "vessels")}
        parts["cells"]["skipped"] = 0
        for tissue in self.patient.tissues.values():
            for part, work in tissue.work.items():
                parts[part]["seconds"] += work.seconds
                parts[part]["updates"] += work.updates
            parts["cells"]["skipped"] += tissue.work["cells"].skipped
        blood = self.patient.circulation.work
        parts["circulation"] = {"seconds": blood.seconds, "updates": blood.updates}
        parts["output"] = {"seconds": self.output_seconds, "updates": self.frames}
        return parts

    def numerics(self) -> dict[str, dict]:
        """Per lattice: moves, lost conflicts and clamps of cells; cycles and residuals of fields."""
        return {name: tissue.numerics() for name, tissue in self.patient.tissues.items()}

    @property
    def ledger(self) -> dict[str, dict[str, int]]:
        return self.patient.ledger()
