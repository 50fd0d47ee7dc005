"""The directory of a run: made once, never overwritten, and readable at any moment."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hybridmet._core.check import has_openmp
from hybridmet.errors import OutputError, WriteError
from hybridmet.output.atomic import write_text
from hybridmet.output.blood_history import BloodHistory
from hybridmet.output.clones import ClonesTable
from hybridmet.output.colonies import Colonies
from hybridmet.output.draws import Draws, SelectionTable
from hybridmet.output.events import EventLog
from hybridmet.output.history import History
from hybridmet.output.migration import MigrationTable
from hybridmet.output.run_json import RunRecord
from hybridmet.output.vtk_series import VtkSeries
from hybridmet.scenario import resolved_toml
from hybridmet.schedule import Schedule

if TYPE_CHECKING:
    from hybridmet.simulation import Simulation


NO_LATTICE = 1000.0
"""Extent from which the body figure is scaled in a run without any lattice [um]: ASSUMED."""


def claim(path: str | Path, besides: Iterable[str] = ()) -> Path:
    """Make an empty directory for a run, or raise OutputError; nothing is overwritten.

    `besides`: names of files that may be there.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path}: is a file, must be a directory that is new or empty")
        path.mkdir(parents=True, exist_ok=True)
        if any(file.name not in besides for file in path.iterdir()):
            held = "another run" if (path / "run.json").exists() else "other files"
            raise OutputError(f"{path}: holds {held}, must be a directory that is new or empty")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: cannot be written: permission denied")
    return path


class RunDirectory:
    """Writes everything a run leaves behind, each kind when its schedule is due."""

    def __init__(self, path: str | Path, simulation: "Simulation"):
        self.path = claim(path)
        scenario, patient = simulation.scenario, simulation.patient
        write_text(self.path / "scenario.toml", resolved_toml(scenario))
        self.record = RunRecord(
            self.path,
            name=scenario.name,
            seed=simulation.seed,
            threads=simulation.threads,
            openmp=has_openmp(),
            until_h=simulation.until,
            warnings=scenario.warnings,
        )
        tables = Schedule(every=scenario.output.every)
        pictures = Schedule(every=scenario.output.vtk_every)
        lattices = [p for p in (scenario.primary, *scenario.organs.values()) if p is not None]
        extent = max((max(p.lattice().extent) for p in lattices), default=NO_LATTICE)
        phenotypes = list(scenario.phenotypes)
        self.observers = [
            (tables, History(self.path, phenotypes, scenario.fields)),
            (tables, BloodHistory(self.path)),
            (tables, Colonies(self.path)),
            (tables, MigrationTable(self.path)),
            (tables, ClonesTable(self.path)),
            (tables, SelectionTable(self.path, phenotypes)),
        ]
        if scenario.output.events:
            log = EventLog(self.path, phenotypes, patient.network.names)
            self.observers.append((tables, log))
        if scenario.output.vtk:
            self.observers.append((pictures, VtkSeries(self.path, patient.network, extent)))
        if scenario.draws:
            self.observers.append((tables, Draws(self.path, patient.draws)))
        self._tables = tables

    def observe(self, simulation: "Simulation", before: float) -> int:
        """Write what falls due in (before, now] [h]; returns how many outputs were."""
        due = [o for schedule, o in self.observers if schedule.due(before, simulation.time)]
        with self._writing():
            for observer in due:
                observer.observe(simulation.patient)
            if self._tables.due(before, simulation.time):
                self._update(simulation)
        return len(due)

    def close(self, simulation: "Simulation") -> None:
        """Write the final state of everything, then how the run ended."""
        with self._writing():
            for _, observer in self.observers:
                observer.close(simulation.patient)
            self._update(simulation, digest=simulation.patient.digest())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """An error of the operating system becomes one that names the file."""
        try:
            yield
        except OSError as error:
            file = error.filename or self.path
            raise WriteError(f"{file}: could not be written: {error.strerror}") from error

    def fail(self, simulation: "Simulation") -> None:
        """Note that the run failed; what was written so far stays. The state may be broken and
        the disk full: only the status is written, if need be in place."""
        self.record.end(simulation.status)

    def _update(self, simulation: "Simulation", **facts) -> None:
        self.record.update(
            status=simulation.status,
            time_h=simulation.time,
            steps=simulation.steps,
            ledger=simulation.ledger,
            performance=simulation.performance(),
            numerics=simulation.numerics(),
            **facts,
        )
