"""What README and docs say is there: files they link to, scenarios and commands they print."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from hybridmet import cli
from hybridmet.scenario import load_scenario, loads_scenario
from hybridmet.scenario.preset import preset_named

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/*.md", "examples/*/README.md", "tests/validation/*/*.md")
    for page in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\(([^)\s#]+)[^)\s]*\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^ *((?:mpiexec .*)?hybridmet (?:new|check|run|ensemble|report)\b.*)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_that_are_there(page):
    links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_names_every_page_of_the_docs_and_every_example():
    text = (ROOT / "README.md").read_text("utf-8")
    wanted = [f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")]
    wanted += [f"examples/{page.parent.name}" for page in (ROOT / "examples").glob("*/README.md")]
    assert [name for name in wanted if name not in text] == []


def test_every_example_says_what_it_is():
    folders = [folder for folder in (ROOT / "examples").iterdir() if folder.is_dir()]
    assert [f.name for f in folders if not (f / "README.md").is_file()] == []


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*/*.toml")), ids=name_of)
def test_scenarios_of_examples_are_valid(file):
    assert load_scenario(file).name


def test_scenarios_in_the_readme_are_valid(tmp_path):
    whole, part = blocks(ROOT / "README.md", "toml")
    assert loads_scenario(whole).fields.keys() >= {"oxygen", "lactate", "vegf"}
    (tmp_path / "rules.csv").write_text("epithelial,oxygen,increases,apoptosis,0.001,5,4,0\n")
    (tmp_path / "cells.csv").write_text("x,y,z,type\n150,150,0,epithelial\n")
    (tmp_path / "both.toml").write_text(f'name = "x"\nduration = "1 d"\n{part}')
    assert load_scenario(tmp_path / "both.toml").mutation.probability == 0.01


@pytest.mark.parametrize("page", ["circulation", "angiogenesis", "vessels", "organs"])
def test_tables_of_the_docs_are_part_of_valid_scenarios(page):
    """All of a page together, but for networks of the body, which are files of their own."""
    tables = [t for t in blocks(ROOT / "docs" / f"{page}.md", "toml") if "\nnodes" not in t]
    assert loads_scenario("\n".join(['name = "x"', 'duration = "20 d"', *tables]))


def printed_commands() -> list[tuple[str, str]]:
    """Page and command line of every `hybridmet COMMAND ...` that stands on a line of its own."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8").replace("\\\n", " ")
        found += [(name_of(page), m[1]) for m in map(COMMAND.match, text.splitlines()) if m]
    return found


def arguments_of(line: str) -> list[str]:
    """The words after `hybridmet` of a printed line, its explanation left out."""
    line = re.split(r" {3,}(?=[a-z#])", line.partition("hybridmet ")[2])[0]
    return shlex.split(line, comments=True)


@pytest.mark.parametrize(("page", "line"), printed_commands())
def test_commands_as_printed_are_understood(page, line):
    """Each option exists and each argument is in its place; nothing is run."""
    command, *arguments = arguments_of(line)
    group = typer.main.get_command(cli.app)
    context = group.commands[command].make_context(command, arguments)
    if "scenario" in context.params and (ROOT / page).parent.parent == ROOT / "examples":
        assert (ROOT / page).parent.joinpath(context.params["scenario"]).is_file()


def test_new_as_printed_names_a_preset():
    lines = [arguments_of(line) for page, line in printed_commands() if page == "README.md"]
    (name,) = [line[line.index("--preset") + 1] for line in lines if "--preset" in line]
    assert preset_named(name)


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (code,) = blocks(ROOT / "README.md", "python")
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "out_colon" / "run.json").is_file()
    assert "imbalance" in capsys.readouterr().out
