"""hybridmet: one model of metastasis, from the primary tumour through the blood to the organs.

>>> import hybridmet
>>> sim = hybridmet.Simulation.from_scenario("scenario.toml")
>>> sim.run(until="30 d", output="out")
"""

from importlib import import_module
from typing import TYPE_CHECKING

from hybridmet._version import __version__

if TYPE_CHECKING:
    from hybridmet.scenario import Scenario, load_scenario
    from hybridmet.simulation import Simulation

_HOMES = {
    "Scenario": "hybridmet.scenario",
    "load_scenario": "hybridmet.scenario",
    "Simulation": "hybridmet.simulation",
}
"""Where a name comes from when it is first used, so that `import hybridmet` costs nothing."""

__all__ = ["Scenario", "Simulation", "__version__", "load_scenario"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
