"""The type stubs of the compiled modules name what the modules hold."""

import ast
import importlib
from pathlib import Path

import pytest

import hybridmet

STUBS = sorted((Path(hybridmet.__file__).parent / "_core").glob("*.pyi"))
SOURCES = sorted((Path(hybridmet.__file__).parent / "_core").glob("*.pyx"))


def test_every_compiled_module_has_a_stub():
    assert {path.stem for path in SOURCES} == {path.stem for path in STUBS}


def stated_in(path):
    """What a stub states by name, what it takes from other stubs included."""
    out = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            out[node.name] = node
        elif isinstance(node, ast.AnnAssign):
            out[node.target.id] = node
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("hybridmet._core."):
            other = stated_in(path.with_stem(node.module.rpartition(".")[2]))
            out |= {alias.asname: other[alias.name] for alias in node.names if alias.asname}
    return out


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
def test_a_stub_names_what_its_module_holds(path):
    module = importlib.import_module(f"hybridmet._core.{path.stem}")
    stated = stated_in(path)
    assert stated
    for name in stated:
        assert hasattr(module, name), name
    for name, found in vars(module).items():
        if isinstance(found, type) and found.__module__ == module.__name__:
            methods = {each for each in vars(found) if not each.startswith("_")}
            names = [getattr(each, "name", None) or each.target.id for each in stated[name].body]
            assert methods == {each for each in names if not each.startswith("_")}, name
