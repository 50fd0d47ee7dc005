"""What kind of directory it is, and its report."""

from pathlib import Path

from hybridmet.errors import OutputError, unknown_name
from hybridmet.report.ensemble_report import ensemble_page
from hybridmet.report.figures import matplotlib_figure
from hybridmet.report.page import Page
from hybridmet.report.run_report import run_page
from hybridmet.report.sizes import DEFAULT_SIZE, SIZES


def write_report(directory: str | Path, size: str = DEFAULT_SIZE) -> Path:
    """Write report.html and figures/ into the directory of a run or an ensemble.

    `size`: what counts as a metastasis of a patient: colony, micrometastasis, macrometastasis or
    detection. Raises OutputError for any other directory, and without Matplotlib.
    """
    directory = Path(directory)
    if size not in SIZES:
        raise unknown_name("--size", size, SIZES)
    matplotlib_figure()
    try:
        return _page(directory, size).write()
    except OSError as error:
        file = error.filename or directory
        raise OutputError(f"{file}: cannot be written: {error.strerror}") from None


def _page(directory: Path, size: str) -> Page:
    if (directory / "ensemble.json").is_file():
        return ensemble_page(directory, size)
    if (directory / "run.json").is_file():
        return run_page(directory)
    raise OutputError(f"{directory}: must be the directory of a run or of an ensemble")
