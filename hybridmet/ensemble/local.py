"""Worker processes of this machine, one to a lane, so that a death has one culprit."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection

from hybridmet.ensemble.member import Task, run_member

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment in which a worker keeps linear algebra to one thread."""


class Lane:
    """One worker process.

    Always spawned: a fork after an OpenMP region hangs. The worker ends when this process closes
    its end of a pipe, or dies: no member outlives a killed ensemble.
    """

    def __init__(self):
        spawn = multiprocessing.get_context("spawn")
        theirs, self._lifeline = spawn.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(1, spawn, _prepare, (theirs,))
        with _one_blas_thread():
            self._executor.submit(os.getpid)  # starts it
        theirs.close()

    def submit(self, task: Task) -> Future:
        return self._executor.submit(run_member, task)

    def close(self, now: bool) -> None:
        if now:
            self._lifeline.close()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._lifeline.close()


class LocalProcesses:
    """So many lanes; one whose worker died is replaced."""

    def __init__(self, workers: int):
        self.width = workers
        self._idle = [Lane() for _ in range(workers)]
        self._busy: dict[Future, Lane] = {}

    def submit(self, task: Task) -> Future:
        lane = self._idle.pop()
        future = lane.submit(task)
        self._busy[future] = lane
        return future

    def collect(self, future: Future) -> str | None:
        lane = self._busy.pop(future)
        try:
            return future.result()
        except BrokenExecutor:
            lane.close(now=True)
            lane = Lane()
            raise
        finally:
            self._idle.append(lane)

    def close(self, now: bool) -> None:
        for lane in [*self._idle, *self._busy.values()]:
            lane.close(now)
        self._idle, self._busy = [], {}


def _prepare(lifeline: Connection) -> None:
    """First thing in a worker: leave Ctrl-C to its parent, follow it into death, import."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(lifeline,), daemon=True).start()
    import hybridmet.simulation  # noqa: F401  (once a worker, not once a member)

    gc.freeze()  # what was imported stays: it need not be searched for garbage time and again


def _follow(lifeline: Connection) -> None:
    lifeline.poll(None)  # until its other end is closed
    os._exit(1)


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """An environment for the processes started within."""
    before = {name: os.environ.get(name) for name in BLAS_THREADS}
    os.environ.update({name: os.environ.get(name, "1") for name in BLAS_THREADS})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
