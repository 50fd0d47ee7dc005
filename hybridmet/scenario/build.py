"""A scenario becomes a patient."""

from hybridmet.patient import Biology, Patient
from hybridmet.scenario.blood import build_circulation
from hybridmet.scenario.model import Scenario


def build_patient(scenario: Scenario, seed: int, threads: int) -> Patient:
    """The patient of a scenario before its first step."""
    circulation, draws = build_circulation(scenario, seed, threads)
    return Patient(
        Biology(scenario.fields, scenario.phenotypes, scenario.tissue, scenario.mutation),
        scenario.primary,
        scenario.organs,
        circulation,
        seed=seed,
        threads=threads,
        draws=draws,
    )
