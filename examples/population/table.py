"""The table of README.md: incidence by organ in ensembles beside autopsies, as Markdown.

    python table.py liver breast

Organs are in the order of the last ensemble; intervals are those of the report (docs/reports.md).
"""

import sys
from pathlib import Path

from hybridmet.measures.organ_incidence import OrganIncidence
from hybridmet.output.json_file import record
from hybridmet.report.autopsies import SITE_OF_BED, counts_of, error_rows, published
from hybridmet.report.ensemble_report import incidence_of
from hybridmet.report.names import shown_place
from hybridmet.report.page import shown
from hybridmet.report.population import Population, populations
from hybridmet.report.sizes import DEFAULT_SIZE, SIZES


def percent(share: float, low: float, high: float) -> str:
    """A share with its interval, to a tenth of a per cent."""
    return f"{100 * share:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def cells(population: Population, row: OrganIncidence) -> list[str]:
    """Incidence in an organ, simulated and at autopsy; -: not among the sites compared."""
    known = published(counts_of(population.site))
    autopsies = percent(*known[row.organ]) if row.organ in known else "-"
    if row.organ == population.site:
        autopsies = "own organ"
    return [percent(row.probability, row.low, row.high), autopsies]


def errors(population: Population) -> list[tuple]:
    """Of all sites together."""
    first = population.first_times(SIZES[DEFAULT_SIZE], SITE_OF_BED)
    return error_rows(first, counts_of(population.site))


def line(*texts: str) -> None:
    print(f"| {' | '.join(texts)} |")


def main(directories: list[str]) -> None:
    found = [
        populations(Path(d), record(Path(d) / "ensemble.json")["until_h"])[0] for d in directories
    ]
    rows = [{row.organ: row for row in incidence_of(population)} for population in found]
    for organ in rows[-1]:
        mine = (cell for p, r in zip(found, rows, strict=True) for cell in cells(p, r[organ]))
        line(shown_place(organ), *mine)
    for each in zip(*map(errors, found), strict=True):
        line(
            f"rms: {each[0][0]}", *(text for row in each for text in (shown(row[1]), shown(row[2])))
        )
    line("rank correlation", *(text for p in found for text in (f"{errors(p)[0][3]:.2f}", "")))


if __name__ == "__main__":
    main(sys.argv[1:])
