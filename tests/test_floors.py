"""Imports only go down the floors of the house."""

import ast
from pathlib import Path

import pytest

import hybridmet

ROOT = Path(hybridmet.__file__).parent

# Bottom up. Within one line a file may import what stands left of it, nothing else.
FLOORS = [
    ["_version", "errors", "units", "schedule", "tables", "work"],
    ["_core"],
    ["lattice", "random"],
    [
        "tissue.cell_shapes",
        "tissue.field_peak",
        "tissue.field_parameters",
        "tissue.field_accuracy",
        "tissue.field_exchange",
        "tissue.field_report",
        "tissue.fields",
        "tissue.field_budget",
        "tissue.cell_file",
        "tissue.initial_cells",
        "tissue.cells",
        "tissue.phenotypes",
        "tissue.cell_ledger",
        "tissue.leavers",
        "tissue.rules_file",
        "tissue.clones",
        "tissue.vessels",
        "tissue.vessel_line",
        "tissue.pieces",
        "tissue.vessel_split",
        "tissue.vessel_map",
        "tissue.vessel_process",
        "tissue.tip_motion",
        "tissue.growth",
        "tissue.tip_reach",
        "tissue.tip_walk",
        "tissue.angiogenesis",
        "tissue.sprouting",
        "tissue.rheology",
        "tissue.pressure_system",
        "tissue.poiseuille",
        "tissue.red_cells",
        "tissue.damped_iteration",
        "tissue.flow_boundary",
        "tissue.blood_flow",
        "tissue.blood_transport",
        "tissue.network_drive",
        "tissue.sprout_numbers",
        "tissue.network_table",
        "tissue.network_csv",
        "tissue.network_vtk",
        "tissue.network_file",
        "tissue.segments",
        "tissue.compression",
        "tissue.rupture",
        "tissue.pruning",
        "tissue.maturation",
        "tissue.adaptation",
        "tissue.vessel_parameters",
        "tissue.colony_sizes",
        "tissue.founders",
        "tissue.initial_numbers",
        "tissue.lines",
    ],
    [
        "circulation.balance",
        "circulation.sexes",
        "circulation.anatomy",
        "circulation.network",
        "circulation.capillary_bed",
        "circulation.body",
        "circulation.source",
        "circulation.filtration",
        "circulation.ctc_traits",
        "circulation.admission",
        "circulation.blood_rows",
        "circulation.selection",
    ],
    [
        "tissue.kinetics",
        "tissue.perfusion",
        "tissue.wall_exchange",
        "tissue.carriage",
        "tissue.seeding",
        "tissue.capillary_mesh",
        "tissue.point_vessels",
        "tissue.contact_entry",
        "tissue.synchronous_division",
    ],
    [
        "circulation.transit",
        "circulation.fixed_time",
        "circulation.alteration",
        "circulation.counts",
        "circulation.counted_source",
        "circulation.expected",
        "circulation.course",
        "circulation.sensitivity",
    ],
    [
        "tissue.surrogate_parameters",
        "tissue.tissue_parameters",
        "tissue.mean_field",
        "tissue.colony_room",
        "tissue.ball_rates",
        "tissue.colony_census",
        "tissue.leaps",
        "tissue.colony_leaps",
        "tissue.surrogate",
        "tissue.vasculature",
        "tissue.tissue",
    ],
    ["circulation.circulation"],
    ["organs", "organ_catalogue", "arrivals", "colonies", "patient"],
    ["measures"],
    ["output"],
    ["scenario"],
    ["run_directory", "simulation"],
    ["ensemble", "report"],
    ["progress", "signals", "cli_options", "cli_ensemble", "cli_report", "cli", "__main__"],
]
PLACE = {
    name: (floor, column)
    for floor, names in enumerate(FLOORS)
    for column, name in enumerate(names)
}
PACKAGES = ("_core", "measures", "output", "scenario", "ensemble", "report")
"""Packages that stand on one floor as a whole."""


def place_of(module: str) -> tuple[int, int] | None:
    """Floor and column of a module, given without the leading `hybridmet.`."""
    parts = module.split(".")
    name = parts[0] if parts[0] in PACKAGES else module
    return PLACE.get(name)


def imports(path: Path):
    """Modules of hybridmet that a file imports, type checking aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    hidden = {id(inner) for node in skipped for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hybridmet"):
            for alias in node.names:
                yield from submodule(node.module, alias.name)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("hybridmet"))


def submodule(package: str, name: str):
    """`from a.b import c` means a.b.c where that is a module, else a.b."""
    inner = ROOT.joinpath(*package.split(".")[1:])
    is_module = any(
        p.exists()
        for p in (inner / f"{name}.py", inner / name / "__init__.py", inner / f"{name}.pyx")
    )
    yield f"{package}.{name}" if is_module else package


SOURCES = sorted(
    path for path in ROOT.rglob("*.py") if path.parent == ROOT or path.name != "__init__.py"
)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_only_go_down(path):
    module = module_of(path)
    if module == "__init__":
        return
    here = place_of(module)
    assert here is not None, f"{module} stands on no floor: add it to FLOORS"
    for imported in imports(path):
        short = imported.removeprefix("hybridmet").lstrip(".")
        if short == "" or short.split(".")[0] == module.split(".")[0] in PACKAGES:
            continue
        there = place_of(short)
        assert there is not None, f"{module} imports {short}, which stands on no floor"
        assert there < here, f"{module} imports {short}, which stands no lower"
        assert there[0] != here[0] or there[1] < here[1]


def test_only_the_bridge_touches_c():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert "ctypes" not in text and "cffi" not in text, f"{path} calls C around the bridge"
