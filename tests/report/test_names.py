"""Places go by one name."""

import pytest

from hybridmet.circulation.network import BodyNetwork
from hybridmet.measures.incidence import BED_OF_SITE
from hybridmet.report.names import shown_place


def test_a_bed_and_its_site_at_autopsy_have_one_name():
    assert all(shown_place(bed) == shown_place(site) for site, bed in BED_OF_SITE.items())


def test_no_two_beds_share_a_name_and_none_has_an_underscore():
    names = [shown_place(bed) for bed in BodyNetwork.load().beds]
    assert len(set(names)) == len(names) and not any("_" in name for name in names)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("liver", "liver (primary)"),
        ("liver.2", "liver.2"),
        ("stomach_oesophagus.3", "stomach.3"),
        ("lymph_nodes", "lymph nodes"),
    ],
)
def test_the_primary_is_told_from_metastases_in_its_organ(place, name):
    assert shown_place(place, "liver") == name
