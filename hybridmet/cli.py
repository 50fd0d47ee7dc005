"""The command line: `hybridmet new`, `check` and `run`; others stand in cli_COMMAND.py.

Results go to standard output, everything else to standard error. Heavy imports stand inside the
commands, so that `hybridmet --help` answers at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hybridmet._version import __version__
from hybridmet.cli_ensemble import ENSEMBLE_EXAMPLES, ensemble
from hybridmet.cli_options import (
    DONE,
    FAILED,
    STOPPED,
    WRONG,
    ScenarioArgument,
    SetOption,
    default_directory,
    note,
    warn,
    warn_of_flow,
)
from hybridmet.cli_report import REPORT_EXAMPLES, report

ClickException = typer.BadParameter.__mro__[2]
"""Base of typer's complaints about a command line; its home differs between versions."""

INTERRUPTED = 130
"""What newer typers return for Ctrl-C outside a run."""

EXAMPLES = """\b
Examples:
  hybridmet new                            a first scenario, in scenario.toml
  hybridmet check scenario.toml            what it amounts to
  hybridmet run scenario.toml -o out       run it; open out/vtk/patient.pvd in ParaView
  hybridmet ensemble scenario.toml -n 200  many patients of it, and out/*/results.csv
  hybridmet report out                     figures and one page for a run or an ensemble

Exit codes: 0 done; 2 wrong scenario or command line; 3 stopped by a signal; 1 anything else."""

NEW_EXAMPLES = """\b
Examples:
  hybridmet new --list
  hybridmet new --preset liver_primary liver.toml"""

CHECK_EXAMPLES = """\b
Examples:
  hybridmet check scenario.toml
  hybridmet check scenario.toml --set primary.site=breast
  hybridmet check scenario.toml --cells 1e8 --organs 3"""

RUN_EXAMPLES = """\b
Examples:
  hybridmet run scenario.toml
  hybridmet run scenario.toml -o out --seed 2 --threads 2 --until "10 d"
  hybridmet run scenario.toml --set primary.site=breast --set "primary.spacing=10 um"

Ctrl-C ends the run after the step at hand, with all output written (exit code 3)."""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def hybridmet(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """One model of metastasis: primary tumour, bloodstream and organs."""
    if version:
        typer.echo(f"hybridmet {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(epilog=NEW_EXAMPLES)
def new(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="File to write; never overwritten.", readable=False),
    ] = Path("scenario.toml"),
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which one; see --list.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="List the presets and end.")] = False,
) -> None:
    """Write a commented scenario to start from."""
    from hybridmet.scenario.preset import DEFAULT_PRESET, preset_named, presets

    if show:
        for one in presets().values():
            typer.echo(f"{one.name}  {one.summary}")
        return
    chosen = preset_named(preset or DEFAULT_PRESET)
    target = path / "scenario.toml" if path.is_dir() else path
    _write_new(target, chosen.text)
    note(f"{target}: the preset {chosen.name}; next: hybridmet check {target}")


def _write_new(path: Path, text: str) -> None:
    from hybridmet.errors import OutputError

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path}: exists, must be a new file; nothing was written") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None


@app.command(epilog=CHECK_EXAMPLES)
def check(
    scenario: ScenarioArgument,
    changes: SetOption = None,
    cells: Annotated[
        str | None,
        typer.Option(metavar="N", help="Cells to foretell the memory for, such as 1e8."),
    ] = None,
    organs: Annotated[
        str, typer.Option(metavar="N", help="Organs with metastases to foretell the memory for.")
    ] = "1",
) -> None:
    """Validate a scenario and print what it amounts to."""
    from hybridmet.scenario import load_scenario
    from hybridmet.scenario.derived import derived
    from hybridmet.scenario.override import parse_option
    from hybridmet.units import Count, Number

    parameters = load_scenario(scenario, changes or ())
    number = None if cells is None else parse_option("--cells", cells, Number)
    lattices = parse_option("--organs", organs, Count)
    warn(parameters)
    rows = derived(parameters, number, lattices)
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        typer.echo(f"{label:{width}}  {value}")


@app.command(epilog=RUN_EXAMPLES)
def run(
    scenario: ScenarioArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="A new or empty directory; default: out/NAME.",
            readable=False,
        ),
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Replaces random_seed.")] = None,
    threads: Annotated[
        str | None,
        typer.Option(metavar="N", help="Default: all cores; results do not depend on it."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='End, such as "30 d"; default: the duration.'),
    ] = None,
    changes: SetOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> int:
    """Run a scenario; the summary goes to standard output."""
    from hybridmet.progress import progress
    from hybridmet.run_directory import claim
    from hybridmet.scenario import load_scenario
    from hybridmet.scenario.override import Override, parse_option, parse_value
    from hybridmet.signals import StopRequest
    from hybridmet.units import Duration, Threads

    overrides: list[Any] = list(changes or ())
    if seed is not None:
        overrides.append(Override(("random_seed",), parse_value(seed), "--seed"))
    parameters = load_scenario(scenario, overrides)
    warn(parameters)
    end = parameters.duration if until is None else parse_option("--until", until, Duration)
    workers = None if threads is None else parse_option("--threads", threads, Threads)
    directory = claim(output or default_directory(parameters.name))
    with StopRequest() as stop, progress(quiet) as display:
        from hybridmet.simulation import Simulation

        simulation = Simulation.from_scenario(parameters, threads=workers)
        if stop.received:
            simulation.stop()
        simulation.run(until=end, output=directory, progress=lambda s: watch(s, stop, display))
    print_summary(simulation)
    warn_of_flow(simulation.numerics())
    note(f"{simulation.status} at {simulation.time / 24:g} d; output in {directory}")
    return DONE if simulation.status == "completed" else STOPPED


app.command(epilog=ENSEMBLE_EXAMPLES)(ensemble)
app.command(epilog=REPORT_EXAMPLES)(report)


def watch(simulation: Any, stop: Any, display: Any) -> None:
    """Called after each step: pass on a signal, show how far it is."""
    from hybridmet.progress import State

    if stop.received:
        simulation.stop()
    if not display.due(simulation.time, simulation.until):
        return
    patient = simulation.patient
    blood = patient.circulation
    display.show(
        State(
            time=simulation.time,
            until=simulation.until,
            cells=sum(tissue.living for tissue in patient.tissues.values()),
            ctcs=int(blood.free.sum() + blood.arrested.sum()),
            metastases=len(patient.colonies()),
        )
    )


def print_summary(simulation: Any) -> None:
    """The closing table: a row an organ, then the ledger of the body."""
    rows = simulation.summary()
    columns = ["organ", "seeded", "colonies", "cells"]
    cells = [columns, *([str(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for first, *numbers in cells:
        aligned = (f"{text:>{width}}" for text, width in zip(numbers, widths[1:], strict=True))
        typer.echo("  ".join([f"{first:{widths[0]}}", *aligned]))
    body = simulation.ledger["body"]
    typer.echo(f"ledger: {', '.join(f'{name} {count}' for name, count in body.items())}")


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    from hybridmet.errors import HybridmetError, OutputError, ScenarioError

    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name="hybridmet", standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except ClickException as error:
        note(_usage(error))
        return WRONG
    except (ScenarioError, OutputError) as error:
        for line in str(error).split("\n"):
            note(line)
        return WRONG
    except (KeyboardInterrupt, typer.Abort):
        note("stopped at once; the last output may be incomplete")
        return FAILED
    except BrokenPipeError:  # the reader of standard output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        note(f"{error.filename or 'output'}: {error.strerror or error}")
        return FAILED
    except HybridmetError as error:
        note(" ".join(str(error).split()))
        return FAILED
    except MemoryError as error:
        note(f"out of memory: {' '.join(str(error).split()) or 'no more to be had'}")
        return FAILED
    except Exception as error:
        note(f"{type(error).__name__}: {error}; the traceback is in {_write_traceback()}")
        return FAILED


def _usage(error: Any) -> str:
    """What is wrong with a command line, and where to read on; one line."""
    context = getattr(error, "ctx", None)
    help_command = f"{context.command_path} --help" if context else "hybridmet --help"
    return f"{' '.join(error.format_message().split())} (see {help_command})"


def _write_traceback() -> str:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="hybridmet-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return file.name
