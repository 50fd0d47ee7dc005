"""Small networks and beds for the tests of the circulation."""

import dataclasses

import pytest

from hybridmet.circulation.capillary_bed import (
    CapillaryBed,
    CirculationParameters,
    capillary_beds,
)
from hybridmet.circulation.network import BodyNetwork


def ring_data(*kinds: str, volumes: list[int] | None = None) -> dict:
    """Compartments n0 -> n1 -> ... -> n0 of equal flow, by default of equal volumes.

    The whole circuit takes one minute: 6 L at 6 L/min.
    """
    n = len(kinds)
    if volumes is None:
        volumes = [10_000 // n] * (n - 1) + [10_000 // n + 10_000 % n]
    names = [f"n{i}" for i in range(n)]
    return {
        "cardiac_output_L_min": 6.0,
        "total_blood_volume_mL": 6000.0,
        "nodes": [
            {"id": name, "kind": kind, "volume_bp": volume}
            for name, kind, volume in zip(names, kinds, volumes, strict=True)
        ],
        "edges": [
            {"source": names[i], "target": names[(i + 1) % n], "flow_bp": 10_000} for i in range(n)
        ],
    }


@pytest.fixture
def ring():
    """Function (*kinds, volumes) -> a network in the form of a ring."""
    return lambda *kinds, **options: BodyNetwork.from_dict(ring_data(*kinds, **options))


@pytest.fixture
def bed():
    """Function (**changes) -> a capillary bed."""
    plain = CapillaryBed(
        arrest_probability=0.6,
        reversible_fraction=0.1,
        release_half_life=1.7,
        extravasation_probability=0.8,
        capillary_diameter=7.0,
    )
    return lambda **changes: dataclasses.replace(plain, **changes)


@pytest.fixture(scope="session")
def body():
    """The reference male, its beds and the default parameters."""
    network = BodyNetwork.load()
    return network, capillary_beds(network), CirculationParameters()
