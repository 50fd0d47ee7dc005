"""What the commands share: exit codes, arguments, messages."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from hybridmet.errors import printable

DONE, FAILED, WRONG, STOPPED = 0, 1, 2, 3
"""Exit codes: done; anything else; wrong scenario or command line; stopped by a signal."""

ScenarioArgument = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="A TOML file.", readable=False)
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help='Replace a value of the scenario: --set "primary.spacing=10 um"; may be repeated.',
    ),
]


def default_directory(name: str) -> Path:
    """Where a run goes when nothing is said: `out/NAME`."""
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    return Path("out") / (kept.strip(".") or "run")


def note(text: str) -> None:
    """Words for the user that are no result; nobody need be there to read them."""
    lines = "\n".join(map(printable, text.split("\n")))
    with suppress(OSError):
        typer.echo(f"hybridmet: {lines}", err=True)


def warn(parameters: Any) -> None:
    """What a scenario is allowed but ill advised to say."""
    for line in parameters.warnings:
        note(f"warning: {line}")


def warn_of_flow(numerics: dict[str, dict]) -> None:
    """Blood flows that a run took although something about them is not as it should be."""
    for organ, counts in numerics.items():
        vessels = counts.get("vessels", {})
        if unsettled := vessels.get("flow_unsettled", 0):
            note(
                f"warning: {organ}: in {unsettled} of {vessels['flow_solves']} solutions of blood "
                "flow haematocrits did not settle; the nearest state was taken, in which blood and "
                "red cells balance (run.json: flow_unsettled)"
            )
        if blocked := vessels.get("flow_blocked", 0):
            note(
                f"warning: {organ}: in {blocked} of {vessels['flow_solves']} solutions of blood flow a "
                "given boundary_flow had no way on; nothing flowed in that part of the vessels "
                "(run.json: flow_blocked)"
            )
        if wrong := vessels.get("flow_unbalanced", 0):
            note(
                f"warning: {organ}: in {wrong} of {vessels['flow_solves']} solutions of blood flow "
                "blood or red cells do not balance to 1e-12 (run.json: flow_unbalanced); widths and "
                "lengths of vessels differ by too many orders of magnitude"
            )
        if unsettled := vessels.get("transport_unsettled", 0):
            note(
                f"warning: {organ}: in {unsettled} steps blood and tissue did not settle on what the "
                "blood gives; the last state was taken (run.json: transport_unsettled)"
            )
