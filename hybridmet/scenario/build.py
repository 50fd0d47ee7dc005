"""A scenario becomes a patient."""

from functools import partial

from hybridmet.circulation.source import NO_TISSUE
from hybridmet.patient import Biology, Patient
from hybridmet.scenario.blood import build_circulation
from hybridmet.scenario.memory import check_room
from hybridmet.scenario.model import Scenario


def build_patient(scenario: Scenario, seed: int, threads: int) -> Patient:
    """The patient of a scenario before its first step."""
    circulation, draws = build_circulation(scenario, seed, threads)
    organs = {bed: scenario.organ(bed) for bed in circulation.network.beds}
    patient = Patient(
        Biology(scenario.fields, scenario.phenotypes, scenario.tissue, scenario.mutation),
        scenario.primary,
        {bed: organ for bed, organ in organs.items() if organ is not None},
        circulation,
        seed=seed,
        threads=threads,
        draws=draws,
        check_room=partial(check_room, scenario),
    )
    injected = [source.clones for source in scenario.sources]
    patient.clones.add_initial(max(injected, default=0), NO_TISSUE)
    return patient
