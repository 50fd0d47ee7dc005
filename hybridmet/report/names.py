"""What a page calls a place: one name for one organ, in words."""

from hybridmet.measures.incidence import BED_OF_SITE

SITE_NAMES = {bed: site for site, bed in BED_OF_SITE.items()}
"""Names of capillary beds that pathologists call otherwise: adrenal for adrenals."""


def shown_place(place: str, primary: str | None = None) -> str:
    """The name of a tissue, a capillary bed or a site of the autopsies as readers see it; `primary`
    is the primary tumour's tissue.

    >>> shown_place("adrenals.2"), shown_place("red_marrow"), shown_place("liver", "liver")
    ('adrenal.2', 'red marrow', 'liver (primary)')
    """
    if place == primary:
        return f"{place.replace('_', ' ')} (primary)"
    bed, dot, number = place.partition(".")
    return f"{SITE_NAMES.get(bed, bed)}{dot}{number}".replace("_", " ")
