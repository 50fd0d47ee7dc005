"""Where members run: processes of this machine, Dask, MPI, or any executor that is given."""

import importlib
import sys
from concurrent.futures import Executor, Future
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from hybridmet.ensemble.local import LocalProcesses
from hybridmet.ensemble.member import Task, run_member
from hybridmet.errors import ScenarioError, unknown_name
from hybridmet.simulation import usable_threads

EXECUTORS = ("processes", "dask", "mpi")
UNKNOWN_WIDTH = 64
"""Members handed at a time to an executor that does not say how many workers it has [1]."""
AHEAD = 2
"""Members handed out for each worker of a cluster [1], so that none waits for the network."""
ANSWER_SECONDS = 10
"""Wait for a Dask scheduler [s]."""


class Pool(Protocol):
    """Workers that run members."""

    @property
    def width(self) -> int:
        """Members that it takes at a time."""

    def submit(self, task: Task) -> Future: ...

    def collect(self, future: Future) -> str | None:
        """What `run_member` returned; raises what stopped its worker."""

    def close(self, now: bool) -> None:
        """Let the workers go; `now`: without waiting for the members at hand."""


class GivenPool:
    """Any executor of concurrent.futures, which its owner shuts down."""

    def __init__(self, executor: Executor, workers: int | None = None):
        self.executor, self._workers = executor, workers

    @property
    def width(self) -> int:
        return self._workers or UNKNOWN_WIDTH

    def submit(self, task: Task) -> Future:
        return self.executor.submit(run_member, task)

    def collect(self, future: Future) -> str | None:
        return future.result()

    def close(self, now: bool) -> None:
        pass


class DaskPool(GivenPool):
    """The workers of a Dask scheduler, or of one that is started on this machine."""

    def __init__(self, address: str | None, workers: int):
        distributed = needed("distributed", "dask")
        self._cluster = None
        if address is None:
            self._cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs="ERROR",
            )
        self.client = _connected(distributed, self._cluster, address)
        super().__init__(self.client.get_executor(pure=False))

    @property
    def width(self) -> int:
        """Follows the cluster, whose workers come and go with the jobs of a queue."""
        return max(UNKNOWN_WIDTH, AHEAD * sum(self.client.nthreads().values()))

    def close(self, now: bool) -> None:
        self.client.close()
        if self._cluster is not None:
            self._cluster.close()


def _connected(distributed: ModuleType, cluster: Any, address: str | None) -> Any:
    where = {"address": cluster or address}
    if address is not None and Path(address).is_file():
        where = {"scheduler_file": address}
    try:
        return distributed.Client(**where, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ScenarioError(
            f'--address: got "{address}", must be the address or the scheduler file of a running '
            f"Dask scheduler: {reason}"
        ) from None


class MpiPool(GivenPool):
    """The ranks of an MPI job, the first of which is this process."""

    def __init__(self):
        futures = needed("mpi4py.futures", "mpi")
        started = "mpi4py.futures" in sys.orig_argv
        ranks = needed("mpi4py.MPI", "mpi").COMM_WORLD.Get_size()
        if not started or ranks < 2:
            raise ScenarioError(
                "--executor: got mpi, must be started with two ranks or more, as by: "
                "mpiexec -n 4 python -m mpi4py.futures -m hybridmet ensemble ..."
            )
        super().__init__(futures.MPIPoolExecutor())

    @property
    def width(self) -> int:
        return AHEAD * self.executor.num_workers

    def close(self, now: bool) -> None:
        self.executor.shutdown(wait=not now, cancel_futures=True)


def pool_of(
    executor: str | Executor, workers: int | None = None, address: str | None = None
) -> Pool:
    """The pool that a name or an executor stands for; `workers` are processes of this machine."""
    if isinstance(executor, Executor):
        return GivenPool(executor, workers)
    if executor not in EXECUTORS:
        raise unknown_name("--executor", executor, EXECUTORS)
    if address is not None and executor != "dask":
        raise ScenarioError(f'--address: got "{address}", needs --executor dask')
    if workers is not None and (executor == "mpi" or address is not None):
        raise ScenarioError(
            f"--workers: got {workers}, must be left to whoever started the workers"
        )
    if executor == "mpi":
        return MpiPool()
    workers = workers or usable_threads()
    return DaskPool(address, workers) if executor == "dask" else LocalProcesses(workers)


def needed(module: str, extra: str) -> ModuleType:
    """A module of an extra, or ScenarioError that says how to install it."""
    try:
        return importlib.import_module(module)
    except (ImportError, RuntimeError) as error:  # the latter: mpi4py without an MPI library
        raise ScenarioError(
            f"--executor: got {extra}, needs {module}: pip install hybridmet[{extra}] ({error})"
        ) from None
