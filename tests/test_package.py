"""What `import hybridmet` offers and what it costs."""

import fnmatch
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hybridmet

ROOT = Path(__file__).parents[1]


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


def tracked() -> list[str]:
    """Files of the repository; in an unpacked source archive there is nothing to compare with."""
    command = ["git", "-C", str(ROOT), "ls-files"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_the_source_archive_holds_every_file_but_those_of_the_repository_itself():
    patterns = []
    for line in (ROOT / "MANIFEST.in").read_text().splitlines():
        command, *words = line.split()
        folder = f"{words.pop(0)}/" if command == "recursive-include" else ""
        patterns += [f"{folder}{'*' if folder else ''}{word}" for word in words]
    patterns += ["pyproject.toml", "setup.py", "hybridmet/*.py"]  # these come by themselves
    patterns += [".git*", ".ci/*", "MANIFEST.in"]
    left_out = [f for f in tracked() if not any(fnmatch.fnmatch(f, p) for p in patterns)]
    assert left_out == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_the_package_holds_its_data_and_no_tests():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert settings["packages"]["find"]["include"] == ["hybridmet*"]
    sources = {".py", ".pyx", ".pxi"}
    data = [f for f in tracked() if f.startswith("hybridmet/") and Path(f).suffix not in sources]
    included = [
        f"{package.replace('.', '/')}/{pattern}"
        for package, patterns in settings["package-data"].items()
        for pattern in patterns
    ]
    assert [f for f in data if not any(fnmatch.fnmatch(f, p) for p in included)] == []
    assert any(f.endswith("organs.toml") for f in data) and any("/presets/" in f for f in data)
