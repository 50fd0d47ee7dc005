"""What `import hybridmet` offers and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import hybridmet


def test_the_names_of_the_package_are_found_when_used():
    from hybridmet.scenario import Scenario
    from hybridmet.simulation import Simulation

    assert hybridmet.Simulation is Simulation
    assert hybridmet.Scenario is Scenario
    assert set(hybridmet.__all__) <= set(dir(hybridmet))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Simulatoin'"):
        _ = hybridmet.Simulatoin


@pytest.mark.parametrize("module", ["hybridmet", "hybridmet.cli"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sys.modules)"
    home = Path(hybridmet.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=home
    )
    heavy = {"numpy", "scipy", "pint", "pydantic", "vtkmodules", "h5py", "hybridmet.simulation"}
    assert not heavy & set(done.stdout.split())
