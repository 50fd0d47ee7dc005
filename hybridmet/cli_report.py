"""The command `hybridmet report`: figures and one page for a run or an ensemble."""

from pathlib import Path
from typing import Annotated

import typer

from hybridmet.cli_options import note

REPORT_EXAMPLES = """\b
Examples:
  hybridmet report out/liver_primary
  hybridmet report out/population-ensemble --size detection

Needs Matplotlib: pip install hybridmet[report]"""

DirectoryArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Of a run or of an ensemble.", readable=False)
]
SizeOption = Annotated[
    str,
    typer.Option(
        metavar="SIZE",
        help="What counts as a metastasis of a patient in an ensemble: colony, micrometastasis, "
        "macrometastasis or detection; with colony, which may die out, autopsies are left out.",
    ),
]


def report(directory: DirectoryArgument, size: SizeOption = "micrometastasis") -> None:
    """Write DIR/report.html and DIR/figures/."""
    from hybridmet.report import write_report

    note(f"{write_report(directory, size)}: open it in a browser")
