"""Ensemble: a plan, carried out by any executor into a directory that can be continued."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from hybridmet.ensemble.directory import EnsembleDirectory
from hybridmet.ensemble.loop import Loop, MembersDone, Mishap
from hybridmet.ensemble.plan import Replicates, make_plan
from hybridmet.ensemble.pools import pool_of
from hybridmet.ensemble.results import write_tables
from hybridmet.ensemble.summary import Summary
from hybridmet.ensemble.sweep import Sweep, parse_sweep, sweep_of
from hybridmet.errors import ScenarioError
from hybridmet.scenario import Scenario
from hybridmet.scenario.override import Override
from hybridmet.simulation import COMPLETED, FAILED, INTERRUPTED, RUNNING
from hybridmet.units import Threads, Time, quantity_of

Progress = Callable[[MembersDone], None]


class Ensemble:
    """Virtual patients of one scenario: replicates, each with a seed of its own, at every point
    of the sweeps.

    >>> ensemble = Ensemble("scenario.toml", 50, vary={"primary.site": ["liver", "breast"]})
    >>> ensemble.run("processes", output="out/sites")
    >>> pandas.read_csv("out/sites/results.csv").groupby("organ").mean(
    ...     numeric_only=True)

    A script that uses "processes" or "dask" guards its top level by `if __name__ == "__main__":`,
    since workers are spawned and import it.
    """

    def __init__(
        self,
        source: str | Path | Scenario,
        replicates: int = 1,
        *,
        vary: Mapping[str, Any] | Iterable[str | Sweep] = (),
        sampling: str = "grid",
        samples: int | None = None,
        until: float | str | None = None,
        overrides: Iterable[str | Override] = (),
    ):
        """`vary`: key path -> interval as text ("100 um:200 um:5") or list of values; or texts
        as after `--vary`. `sampling`: grid, lhs or sobol, the last two with a number of
        `samples`. `until`: [h], or text such as "30 d"; default: the duration.

        Raises ScenarioError for anything wrong with the scenario at any point.
        """
        self.plan = make_plan(
            source,
            _checked("replicates", replicates, Replicates),
            _sweeps(vary),
            sampling=sampling,
            samples=samples,
            until=_checked("until", until, Time),
            overrides=overrides,
        )
        self.status = RUNNING
        self.failures: dict[int, str] = {}
        """What went wrong with the members that failed, by number."""
        self.retries: dict[int, str] = {}
        """What went wrong the first time with members that were run once more, by number."""
        self.completed = 0
        """Members that are finished."""
        self.summary: Summary | None = None
        self._stop = False

    def stop(self) -> None:
        """Finish the members at hand and end as "interrupted"; callable from a signal handler."""
        self._stop = True

    def run(
        self,
        executor: str | Executor = "processes",
        *,
        output: str | Path,
        workers: int | None = None,
        address: str | None = None,
        threads: int = 1,
        progress: Progress | None = None,
        mishap: Callable[[Mishap], None] | None = None,
    ) -> "Ensemble":
        """Run every member that is not finished yet, and write the tables.

        `executor`: "processes", "dask", "mpi", or any executor of concurrent.futures, which is
        not shut down. `workers`: processes of this machine, default one a core; `address`: of a
        Dask scheduler, or its scheduler file; `threads` of each member. Results depend on none of
        these. `progress` is called whenever members have ended, `mishap` whenever one has failed.

        Raises OutputError where `output` belongs to another ensemble.
        """
        _checked("threads", threads, Threads)
        _checked("workers", workers, Threads)
        pool = pool_of(executor, workers, address)
        try:
            directory = EnsembleDirectory(output, self.plan)
        except BaseException:
            pool.close(now=True)
            raise
        members = [m for m in self.plan.members() if directory.result(m) is None]
        heard = mishap or (lambda one: None)
        loop = Loop(directory, members, pool, threads, lambda: self._stop, heard)
        self.status = INTERRUPTED
        try:
            loop.run(progress or (lambda state: None))
            if loop.complete:
                self.status = FAILED if loop.failures else COMPLETED
        finally:
            pool.close(now=not loop.complete)
            self._close(directory, loop)
        return self

    def _close(self, directory: EnsembleDirectory, loop: Loop) -> None:
        """Write the tables and how it ended; raises WriteError that names the file."""
        self.failures, self.retries = loop.failures, loop.retries
        self.completed = loop.state.time - loop.state.failed
        self._stop = False
        try:
            with directory.writing():
                if loop.complete:
                    directory.sweep_up()
                self.summary = write_tables(directory, loop.failures)
                directory.record(self.status, members=len(self.plan), completed=self.completed)
        finally:
            directory.close()


def _sweeps(vary: Mapping[str, Any] | Iterable[str | Sweep]) -> list[Sweep]:
    if isinstance(vary, Mapping):
        return [sweep_of(key, values) for key, values in vary.items()]
    return [one if isinstance(one, Sweep) else parse_sweep(one) for one in vary]


def _checked(name: str, value: Any, hint: Any) -> Any:
    """A number in its range, in internal units, or None; raises ScenarioError."""
    if value is None:
        return None
    quantity = quantity_of(hint)
    try:
        return quantity.parse(value) if isinstance(value, str) else quantity.check(value)
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{name}: got {value!r}, {error}") from None
