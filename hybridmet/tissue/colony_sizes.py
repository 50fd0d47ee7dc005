"""Colony sizes: from how many cells a colony is called a micrometastasis, and so on."""

from dataclasses import dataclass

from hybridmet.errors import ScenarioError
from hybridmet.units import PositiveCount, check_quantities

COLONY, MICROMETASTASIS, MACROMETASTASIS = "colony", "micrometastasis", "macrometastasis"


@dataclass(frozen=True)
class ColonySizes:
    """Living cells from which a colony counts as one of a kind.

    A lattice holds no more cells than it has sites (48^3: 110,592), so scenarios whose organs
    are small set thresholds of their own.
    """

    micrometastasis: PositiveCount = 200
    """More than isolated tumour cells [cells]: above 0.2 mm or 200 cells (AJCC Cancer Staging
    Manual, 7th and 8th edition)."""
    macrometastasis: PositiveCount = 500_000
    """Above 2 mm in the AJCC's terms [cells]: a ball of 2 mm at one cell in (20 um)^3 holds
    524,000."""
    detection: PositiveCount = 100_000_000
    """What imaging finds [cells]: about 1 cm^3, which holds 10^8 cells of an epithelial tumour
    rather than 10^9 (Del Monte 2009, doi:10.4161/cc.8.3.7608)."""

    def __post_init__(self):
        check_quantities(self)
        if self.macrometastasis < self.micrometastasis:
            raise ScenarioError(
                f"ColonySizes.macrometastasis: got {self.macrometastasis}, must be "
                f">= micrometastasis, {self.micrometastasis}"
            )

    @property
    def thresholds(self) -> tuple[int, int, int]:
        """Cells of a micrometastasis, a macrometastasis and a detectable metastasis."""
        return self.micrometastasis, self.macrometastasis, self.detection

    def name_of(self, cells: int) -> str:
        """What a colony of so many living cells is called."""
        if cells >= self.macrometastasis:
            return MACROMETASTASIS
        return MICROMETASTASIS if cells >= self.micrometastasis else COLONY
