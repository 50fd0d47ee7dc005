"""The command `hybridmet ensemble`: many virtual patients of one scenario."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from hybridmet.cli_options import (
    DONE,
    FAILED,
    STOPPED,
    ScenarioArgument,
    SetOption,
    default_directory,
    note,
    warn,
)

ENSEMBLE_EXAMPLES = """\b
Examples:
  hybridmet ensemble scenario.toml -n 200
  hybridmet ensemble scenario.toml -n 20 --vary "primary.cells.radius=100 um:200 um:5"
  hybridmet ensemble scenario.toml -n 20 --vary primary.site=liver,breast,colon
  hybridmet ensemble scenario.toml -n 20
                     --vary "phenotypes.epithelial.motility=4 um^2/h:36 um^2/h:5"
  hybridmet ensemble scenario.toml --sampling sobol --samples 128
                     --vary "organs.default.soil.growth=0.1:10:log"
  hybridmet ensemble scenario.toml -n 200 --executor dask --address tcp://HOST:8786
  mpiexec -n 4 python -m mpi4py.futures -m hybridmet ensemble scenario.toml
                     -n 200 --executor mpi

The same command again continues an ensemble that was stopped or killed; a larger -n adds members.
Ctrl-C ends it after the members at hand (exit code 3). Clusters: docs/clusters.md."""

MOST_LINES = 20
"""Members that failed, of which there is a line each [1]: ASSUMED."""

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="New, empty or of this ensemble; default: out/NAME-ensemble.",
        readable=False,
    ),
]
VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="KEY=VALUES",
        help="A sweep, start:stop:count[:log] or value,value,...; may be repeated.",
    ),
]


def _text(metavar: str, text: str, *names: str) -> Any:
    """An option that is read later, with its unit and range."""
    return typer.Option(*names, metavar=metavar, help=text)


ReplicatesOption = Annotated[str | None, _text("N", "Members at each point.", "-n", "--replicates")]
SamplingOption = Annotated[str, _text("KIND", "Of the sweeps: grid, lhs or sobol.")]
SamplesOption = Annotated[str | None, _text("N", "Points of lhs or sobol.")]
ExecutorOption = Annotated[str, _text("KIND", "processes, dask or mpi.")]
WorkersOption = Annotated[str | None, _text("N", "Processes on this machine; default: cores.")]
AddressOption = Annotated[str | None, _text("TCP", "Of a running Dask scheduler, or its file.")]
ThreadsOption = Annotated[str, _text("N", "Of each member.")]
SeedOption = Annotated[str | None, _text("N", "Replaces random_seed.")]
UntilOption = Annotated[str | None, _text("TIME", 'End of each run, such as "30 d".')]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def ensemble(
    scenario: ScenarioArgument,
    replicates: ReplicatesOption = None,
    output: OutputOption = None,
    vary: VaryOption = None,
    sampling: SamplingOption = "grid",
    samples: SamplesOption = None,
    executor: ExecutorOption = "processes",
    workers: WorkersOption = None,
    address: AddressOption = None,
    threads: ThreadsOption = "1",
    seed: SeedOption = None,
    until: UntilOption = None,
    changes: SetOption = None,
    quiet: QuietOption = False,
) -> int:
    """Run many patients of a scenario, with sweeps of its values; can be continued."""
    from hybridmet.ensemble import Ensemble
    from hybridmet.errors import ScenarioError
    from hybridmet.scenario.override import parse_option
    from hybridmet.units import Duration, PositiveCount, Threads

    if replicates is None and not vary:
        raise ScenarioError("-n: missing, must be given where nothing varies (--vary)")
    made = Ensemble(
        scenario,
        _replicates(replicates),
        vary=vary or (),
        sampling=sampling,
        samples=samples and parse_option("--samples", samples, PositiveCount),
        until=until and parse_option("--until", until, Duration),
        overrides=_overrides(changes, seed),
    )
    warn(made.plan.scenario)
    directory = output or _default_directory(made.plan.scenario.name)
    place = {
        "executor": executor,
        "workers": workers and parse_option("--workers", workers, Threads),
        "threads": parse_option("--threads", threads, Threads),
        "address": address,
    }
    _run(made, directory, place, quiet)
    return _report(made, directory)


def _replicates(text: str | None) -> int:
    from hybridmet.ensemble.plan import Replicates
    from hybridmet.scenario.override import parse_option

    return parse_option("-n", text or "1", Replicates)


def _overrides(changes: list[str] | None, seed: str | None) -> list[Any]:
    from hybridmet.scenario.override import Override, parse_value

    own = [] if seed is None else [Override(("random_seed",), parse_value(seed), "--seed")]
    return [*(changes or ()), *own]


def _default_directory(name: str) -> Path:
    run = default_directory(name)
    return run.with_name(f"{run.name}-ensemble")


def _run(made: Any, directory: Path, place: dict[str, Any], quiet: bool) -> None:
    """Run it with its display until it ends or a signal ends it."""
    from hybridmet.progress import progress
    from hybridmet.signals import StopRequest

    beginning = f"starting the workers for {len(made.plan)} members"
    try:
        with StopRequest("the members at hand") as stop, progress(
            quiet, beginning=beginning
        ) as display:

            def watch(state: Any) -> None:
                if stop.received:
                    made.stop()
                if display.due(state.time, state.until):
                    display.show(state)

            made.run(output=directory, progress=watch, mishap=_told(display), **place)
    except KeyboardInterrupt:  # the second one: members at hand are lost, nothing else
        if made.summary is None:
            raise


def _told(display: Any) -> Callable[[Any], None]:
    """Says what failed as it fails, the first MOST_LINES times."""
    heard = 0

    def tell(mishap: Any) -> None:
        nonlocal heard
        heard += 1
        if heard <= MOST_LINES:
            display.say(mishap.describe())
        elif heard == MOST_LINES + 1:
            display.say("more members fail; see retries.csv, in the end members.csv")

    return tell


def _failed_twice(failures: dict[int, str], directory: Path) -> None:
    for number, error in sorted(failures.items())[:MOST_LINES]:
        kept = f"members/{number:05d}.failed"  # a worker that died leaves none
        where = f"members.csv, {kept}" if (directory / kept).exists() else "members.csv"
        note(f"member {number} failed twice: {error} ({where})")
    if (more := len(failures) - MOST_LINES) > 0:
        note(f"{more} more members failed twice (members.csv)")


def _report(made: Any, directory: Path) -> int:
    """The closing table, what failed, and the exit code."""
    from hybridmet.ensemble.report import LEGEND, table

    for line in table(made.summary):
        typer.echo(line)
    note(LEGEND)
    if mended := len(made.retries.keys() - made.failures):
        note(f"members that failed once and then ran: {mended} (retries.csv)")
    _failed_twice(made.failures, directory)
    counted = f"{made.completed} of {len(made.plan)} members"
    note(f"{made.status}: {counted}; tables in {directory}")
    return {"completed": DONE, "failed": FAILED}.get(made.status, STOPPED)
