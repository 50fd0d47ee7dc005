"""Hand members to a pool, take back what became of them, try once more what failed."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass

from hybridmet.ensemble.directory import EnsembleDirectory
from hybridmet.ensemble.plan import Member
from hybridmet.ensemble.pools import Pool
from hybridmet.errors import HybridmetError

ATTEMPTS = 2
"""Runs of a member that fails."""
WORKER_DIED = "its worker died, perhaps for want of memory"
PULSE = 0.2
"""Longest wait between two looks at a wish to stop [s]."""


@dataclass(frozen=True)
class MembersDone:
    """How far an ensemble is; `time` and `until` count members, for the displays of a run."""

    time: int
    until: int
    failed: int
    running: int

    @property
    def done(self) -> bool:
        return self.time >= self.until

    def describe(self) -> str:
        return f"members {self.time} of {self.until}  at hand {self.running}  failed {self.failed}"


@dataclass(frozen=True)
class Mishap:
    """An attempt at a member that failed."""

    member: int
    error: str
    attempt: int
    """From 1 on."""

    @property
    def final(self) -> bool:
        """Whether the member is given up."""
        return self.attempt >= ATTEMPTS

    def describe(self) -> str:
        if self.final:
            return f"member {self.member} failed again: {self.error}"
        return f"member {self.member} failed: {self.error}; it is run once more (retries.csv)"


class Loop:
    """The members of an ensemble that are yet to be run."""

    def __init__(
        self,
        directory: EnsembleDirectory,
        members: Iterable[Member],
        pool: Pool,
        threads: int,
        stopped: Callable[[], bool],
        mishap: Callable[[Mishap], None] = lambda one: None,
    ):
        """`stopped` tells a wish to stop; `mishap` hears of every attempt that fails, at once."""
        self.failures: dict[int, str] = {}
        """What the last attempt of a failed member came to, by number."""
        self.retries: dict[int, str] = {}
        """What the first attempt of a member came to that was run once more, by number."""
        self._directory, self._pool = directory, pool
        self._threads, self._stopped, self._mishap = threads, stopped, mishap
        self._waiting = deque(members)
        self._running: dict[Future, Member] = {}
        self._attempts: Counter[int] = Counter()
        self._total = len(directory.plan)
        self._left = len(self._waiting)

    def run(self, watch: Callable[[MembersDone], None]) -> None:
        """Until none is left, or all members at hand are done after a wish to stop."""
        while self._running or (self._waiting and not self._stopped()):
            if self._stopped():
                self._withdraw()
            else:
                self._hand_out()
            watch(self.state)
            finished, _ = wait(self._running, PULSE, FIRST_COMPLETED)
            for future in finished:
                self._take(future)
        watch(self.state)

    @property
    def state(self) -> MembersDone:
        done = self._total - self._left
        return MembersDone(done, self._total, len(self.failures), len(self._running))

    @property
    def complete(self) -> bool:
        """Whether every member was run, successfully or not."""
        return self._left == 0

    def _hand_out(self) -> None:
        width = self._pool.width
        while self._waiting and len(self._running) < width:
            member = self._waiting.popleft()
            self._directory.discard(member)
            task = self._directory.task(member, self._threads)
            try:
                self._running[self._pool.submit(task)] = member
            except (BrokenExecutor, RuntimeError) as error:
                raise HybridmetError(
                    f"the executor takes no more members: {error}; the same ensemble can be "
                    "continued with another one"
                ) from error

    def _withdraw(self) -> None:
        """Take back what no worker has begun (Dask: what is not done); `wait` would not notice."""
        for future in [future for future in self._running if future.cancel()]:
            self._waiting.appendleft(self._running.pop(future))

    def _take(self, future: Future) -> None:
        member = self._running.pop(future)
        try:
            error = self._pool.collect(future)
        except CancelledError:
            self._waiting.appendleft(member)
            return
        except BrokenExecutor:
            error = WORKER_DIED
            if self._stopped():  # of the signal that stops the ensemble, too
                self._waiting.appendleft(member)
                return
        except Exception as failure:  # what a cluster says when it lost a member
            error = " ".join(f"{type(failure).__name__}: {failure}".split())
        self._count(member, error)

    def _count(self, member: Member, error: str | None) -> None:
        if error is None:
            self._left -= 1
            return
        self._attempts[member.number] += 1
        mishap = Mishap(member.number, error, self._attempts[member.number])
        if mishap.final:
            self._left -= 1
            self.failures[member.number] = error
        else:
            self.retries[member.number] = error
            self._directory.note_retry(member, error)
            self._waiting.appendleft(member)
        self._mishap(mishap)
