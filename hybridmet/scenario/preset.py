"""Scenarios that come with hybridmet, to start from."""

from dataclasses import dataclass
from importlib.resources import files

from hybridmet.errors import ScenarioError
from hybridmet.scenario.problem import one_of

DEFAULT_PRESET = "vascular_tumour"
"""What `hybridmet new` writes when nothing else is asked for."""

FOLDER = files("hybridmet.scenario") / "presets"


@dataclass(frozen=True)
class Preset:
    """One commented scenario; its first comment line says what it shows."""

    name: str
    text: str

    @property
    def summary(self) -> str:
        first = self.text.lstrip().partition("\n")[0]
        return first.lstrip("# ").rstrip() if first.startswith("#") else ""


def presets() -> dict[str, Preset]:
    """All presets by name, in alphabetical order."""
    entries = sorted(FOLDER.iterdir(), key=lambda entry: entry.name) if FOLDER.is_dir() else []
    names = [entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")]
    return {name: Preset(name, (FOLDER / f"{name}.toml").read_text("utf-8")) for name in names}


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises ScenarioError that offers the nearest name.
    """
    known = presets()
    if name not in known:
        raise ScenarioError(f'preset: got "{name}", {one_of(name, list(known))}')
    return known[name]
