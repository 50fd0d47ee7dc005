"""Where primaries spread, as found at autopsy.

diSibio & French 2008, Arch Pathol Lab Med 132:931 (doi:10.5858/2008-132-931-MPOCRF): 3827
autopsies from 1914 to 1943, before systemic treatment; 16 primaries over 30 sites.
"""

import csv
from functools import cache
from importlib import resources

from hybridmet.errors import unknown_name

DATA_FILE = "incidence_disibio_french_2008.csv"
CITATION = "diSibio & French 2008, doi:10.5858/2008-132-931-MPOCRF"
BED_OF_SITE = {
    "adrenal": "adrenals",
    "bladder": "bladder",
    "brain": "brain",
    "heart": "heart",
    "kidney": "kidneys",
    "large intestine": "large_intestine",
    "liver": "liver",
    "lung": "lung",
    "pancreas": "pancreas",
    "skeletal muscle": "muscle",
    "skin": "skin",
    "small intestine": "small_intestine",
    "spleen": "spleen",
    "stomach": "stomach_oesophagus",
    "thyroid": "thyroid",
}
"""Capillary bed of each autopsy site that is one organ of the body network. Left out: bone (two
beds), gonads and uterus (by sex), lymph nodes (reached by lymph), serous surfaces (by contact)."""
BEDS_OF_BONE = ("bone", "red_marrow")
"""Beds that bone metastases may come from, for whoever adds them up."""
BEDS_OF_SITE = {site: (bed,) for site, bed in BED_OF_SITE.items()} | {"bone": BEDS_OF_BONE}
"""Capillary beds whose metastases an autopsy counts at a site, bone included."""
PRIMARY_OF_SITE = {
    "bladder": "bladder",
    "breast": "breast",
    "colon": "colon",
    "kidney": "kidney",
    "liver": "liver",
    "lung": "lung",
    "ovary": "ovary",
    "pancreas": "pancreas",
    "prostate": "prostate",
    "rectum": "rectum",
    "skin": "skin body",
    "stomach": "stomach",
    "testis": "testis",
    "thyroid": "thyroid",
}
"""Primary of the table for each primary site of the body network."""


@cache
def incidence_table() -> dict[str, dict[str, tuple[int, int]]]:
    """Cases with metastasis and autopsies, by primary and site."""
    text = resources.files("hybridmet.data").joinpath(DATA_FILE).read_text(encoding="utf-8")
    out: dict[str, dict[str, tuple[int, int]]] = {}
    for row in csv.DictReader(text.splitlines()):
        counts = int(row["cases_with_metastasis"]), int(row["autopsies"])
        out.setdefault(row["primary"], {})[row["site"]] = counts
    return out


def incidence(primary: str) -> dict[str, float]:
    """Share of autopsies with a metastasis [1] by capillary bed, for a primary of the table.

    The primary's own organ is left out.
    """
    found = site_counts(primary)
    return {
        BED_OF_SITE[site]: cases / autopsies
        for site, (cases, autopsies) in found.items()
        if site in BED_OF_SITE
    }


def site_counts(primary: str) -> dict[str, tuple[int, int]]:
    """Cases with metastasis and autopsies by site (a key of BEDS_OF_SITE), for a primary of the
    table; its own organ is left out."""
    table = incidence_table()
    if primary not in table:
        raise unknown_name("primary", primary, table)
    own = {"colon": "large intestine", "rectum": "large intestine"}.get(primary, primary)
    own = "skin" if own.startswith("skin") else own
    return {
        site: counts
        for site, counts in table[primary].items()
        if site in BEDS_OF_SITE and site != own
    }
