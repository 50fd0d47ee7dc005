"""What `import hybridmet` offers and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import hybridmet


@pytest.mark.parametrize("name", hybridmet.__all__)
def test_every_name_of_the_package_is_found_when_used(name):
    assert getattr(hybridmet, name) is not None
    assert name in dir(hybridmet)


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
