"""hybridmet: one model of metastasis, from the primary tumour through the blood to the organs.

>>> import hybridmet
>>> sim = hybridmet.Simulation.from_scenario("scenario.toml")
>>> sim.run(until="30 d", output="out")
>>> sim.patient.tissues["liver"].fields["oxygen"]
"""

from importlib import import_module

from hybridmet._version import __version__

_PUBLIC = {
    "Simulation": "simulation",
    "Ensemble": "ensemble",
    "Scenario": "scenario",
    "OutputParameters": "scenario",
    "load_scenario": "scenario",
    "resolved_toml": "scenario",
    "Patient": "patient",
    "Biology": "patient",
    "OrganParameters": "organs",
    "PrimaryParameters": "organs",
    "Soil": "organs",
    "OrganField": "organs",
    "ColonySizes": "tissue.colony_sizes",
    "Tissue": "tissue.tissue",
    "TissueParameters": "tissue.tissue_parameters",
    "InitialCells": "tissue.cells",
    "Phenotype": "tissue.phenotypes",
    "Response": "tissue.phenotypes",
    "DEFAULT_PHENOTYPES": "tissue.phenotypes",
    "FieldParameters": "tissue.field_parameters",
    "DEFAULT_FIELDS": "tissue.field_parameters",
    "VesselParameters": "tissue.vessel_parameters",
    "VesselNetwork": "tissue.vessels",
    "Circulation": "circulation.circulation",
    "CirculationParameters": "circulation.capillary_bed",
    "BodyNetwork": "circulation.network",
    "capillary_beds": "circulation.capillary_bed",
    "Expected": "circulation.expected",
    "Lattice": "lattice",
    "Schedule": "schedule",
    "write_report": "report",
    "HybridmetError": "errors",
    "ScenarioError": "errors",
    "OutputError": "errors",
}
"""Public names and the module each comes from, loaded on first use."""

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'hybridmet' has no attribute {name!r}")
    return getattr(import_module(f"hybridmet.{_PUBLIC[name]}"), name)


def __dir__():
    return __all__
