"""All points of the sweeps of an ensemble together."""

from collections.abc import Sequence

from hybridmet.report import population_figures
from hybridmet.report.page import Page, within
from hybridmet.report.population import Population
from hybridmet.report.sizes import SIZES, called
from hybridmet.report.sweeps import as_numbers, swept_shares


def sweep_sections(page: Page, points: Sequence[Population], size: str) -> None:
    """A figure and a table for each key."""
    page.heading(f"Sweeps, {len(points)} points")
    page.text(f"Patients with a {called(size)} in any organ, by each key, whatever the others are; "
              "Wilson's 95 % intervals. Of many values, neighbours are taken together.")  # fmt: skip
    for number, key in enumerate(points[0].point):
        _section(page, points, size, key, f"sweep_{number}")


def _section(page: Page, points: Sequence[Population], size: str, key: str, name: str) -> None:
    found = swept_shares(points, key, SIZES[size])
    _, unit = as_numbers([population.point[key] for population in points])
    figure = population_figures.swept(found, key, unit, called(size))
    page.figure(name, figure, f"Patients with a {called(size)} in any organ by {key}.")
    rows = [
        (one.value, one.patients, one.cases, within(*(100 * value for value in one.share)))
        for one in found
    ]
    page.table((key, "patients", f"with {called(size)}", "%"), rows)
