"""A scenario becomes a patient."""

from hybridmet.circulation.capillary_bed import capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.patient import Biology, Patient
from hybridmet.scenario.model import Scenario


def build_patient(scenario: Scenario, seed: int, threads: int) -> Patient:
    """The patient of a scenario before its first step."""
    parameters = scenario.circulation
    network = BodyNetwork.load(parameters.sex)
    circulation = Circulation(
        network, capillary_beds(network, parameters.beds), parameters, seed=seed, threads=threads
    )
    return Patient(
        Biology(scenario.fields, scenario.phenotypes, scenario.tissue, scenario.mutation),
        scenario.primary,
        scenario.organs,
        circulation,
        seed=seed,
        threads=threads,
    )
