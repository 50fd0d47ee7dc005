"""What may count as a metastasis of a patient."""

from hybridmet.tissue.colony_sizes import COLONY

SIZES = {
    COLONY: "first_division_h",
    "micrometastasis": "micrometastasis_h",
    "macrometastasis": "macrometastasis_h",
    "detection": "detection_h",
}
"""Size -> its column of colonies.csv."""
DEFAULT_SIZE = "micrometastasis"
"""The least that a pathologist finds."""


def called(size: str) -> str:
    """A metastasis of that size, in words."""
    return {"detection": "detectable metastasis"}.get(size, size)
