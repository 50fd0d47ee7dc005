"""Scenarios: TOML text becomes parameter objects, and the other way round."""

from hybridmet.scenario.model import OutputParameters, Scenario, load_scenario, loads_scenario
from hybridmet.scenario.resolve import resolved_toml, scenario_digest

__all__ = [
    "OutputParameters",
    "Scenario",
    "load_scenario",
    "loads_scenario",
    "resolved_toml",
    "scenario_digest",
]
