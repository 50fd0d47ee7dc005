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


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
def test_a_stub_names_what_its_module_holds(path):
    module = importlib.import_module(f"hybridmet._core.{path.stem}")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert hasattr(module, node.name), node.name
        elif isinstance(node, ast.AnnAssign):
            assert hasattr(module, node.target.id), node.target.id
    stated = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for name, found in vars(module).items():
        if isinstance(found, type) and found.__module__ == module.__name__:
            methods = {each for each in vars(found) if not each.startswith("_")}
            names = [getattr(each, "name", None) or each.target.id for each in stated[name].body]
            assert methods == {each for each in names if not each.startswith("_")}, name
