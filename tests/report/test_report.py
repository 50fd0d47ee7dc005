"""Reports: what they count, from files that are made by hand and from a run and an ensemble."""

import csv
import html
import importlib
import re
import shutil
import sys
from pathlib import Path

import pytest

from hybridmet import Simulation
from hybridmet.cli import main
from hybridmet.ensemble import Ensemble
from hybridmet.errors import OutputError, ScenarioError
from hybridmet.measures.incidence import site_counts
from hybridmet.measures.statistics import wilson
from hybridmet.report import write_report
from hybridmet.report.ensemble_report import incidence_of
from hybridmet.report.names import shown_place
from hybridmet.report.page import shown
from hybridmet.report.population import populations
from hybridmet.scenario import load_scenario
from tests.ensemble.conftest import SCENARIO, Inline

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "out"
    scenario = Path(__file__).parents[2] / "examples/quickstart_2d/scenario.toml"
    Simulation.from_scenario(scenario, threads=1).run("6 d", path)
    return path


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble")
    (folder / "small.toml").write_text(SCENARIO.replace('"1 d"', '"2 d"'))
    vary = {"primary.site": ["breast", "colon"]}
    made = Ensemble(folder / "small.toml", 4, vary=vary)
    made.run(Inline(), output=folder / "out")
    return folder / "out"


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_gets_a_page_that_stands_alone(run):
    page = write_report(run).read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "src=" in page and not re.search(r'src="(?!data:)', page)
    assert "http" not in page
    for heading in ("Organs", "Blood", "Colonies", "Who seeded whom"):
        assert f"<h2>{heading}</h2>" in page
    assert {path.name for path in (run / "figures").iterdir()} >= {"cells.png", "blood.png"}


def test_a_report_can_be_made_again_and_is_the_same(run):
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first


def test_tables_of_a_run_are_its_files(run):
    page = write_report(run).read_text()
    last = read(run / "history.csv")[-1]
    own = load_scenario(run / "scenario.toml").primary.site
    assert f"<td>{shown_place(last['organ'], own)}</td><td>{last['cells']}</td>" in page
    for row in read(run / "migration.csv"):
        places = [shown_place(row.pop(end), own) for end in ("from", "to")]
        cells = "".join(f"<td>{text}</td>" for text in (*places, *row.values()))
        assert cells in page


def test_incidence_agrees_with_the_table_of_the_ensemble(ensemble):
    for population in populations(ensemble, 48.0):
        rows = {row.organ: row for row in incidence_of(population, "colony")}
        bed_rows = [row for row in population.rows if row["tissue"] != "primary"]
        for organ, beds in (("lung", {"lung"}), ("bone", {"bone", "red_marrow"})):
            mine = [row for row in bed_rows if row["organ"] in beds]
            hit = {row["member"] for row in mine if int(row["colonies"]) > 0}
            assert rows[organ].cases == len(hit)
            assert rows[organ].patients == 4
            total = sum(int(row["arrivals"]) for row in mine)
            assert rows[organ].arrivals == total / 4


def test_every_point_has_a_section_of_its_own(ensemble):
    page = write_report(ensemble).read_text()
    assert "<h2>primary.site = breast, n = 4 patients</h2>" in page
    assert "<h2>primary.site = colon, n = 4 patients</h2>" in page
    names = {path.name for path in (ensemble / "figures").iterdir()}
    assert {"incidence.png", "incidence_1.png", "free_of_metastasis_1.png"} <= names


def test_every_place_goes_by_its_name_in_words(ensemble):
    for size in ("colony", "micrometastasis"):
        page = re.sub("src=.*?>", "", write_report(ensemble, size).read_text())
        assert "breast (primary)" in page and "colon (primary)" in page
        assert not re.search("red_marrow|adrenals|kidneys|stomach_oesophagus|lymph_nodes", page)


def test_a_sweep_has_the_share_of_patients_by_value(ensemble):
    page = write_report(ensemble, "colony").read_text()
    assert (ensemble / "figures" / "sweep_0.png").is_file()
    for population in populations(ensemble, 48.0):
        cases = sum(time == time for time in population.first_anywhere("first_division_h"))
        low, high = (100 * end for end in wilson(cases, 4))
        cells = (population.point["primary.site"], 4, cases,
                 f"{shown(25.0 * cases)} ({shown(low)}-{shown(high)})")  # fmt: skip
        assert f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" in page


def test_only_the_first_points_of_large_sweeps_are_shown_one_by_one(
    ensemble, monkeypatch, tmp_path
):
    copy = shutil.copytree(ensemble, tmp_path / "copy", ignore=shutil.ignore_patterns("figures"))
    monkeypatch.setattr("hybridmet.report.ensemble_report.MOST_POINTS", 1)
    page = write_report(copy).read_text()
    assert "The first 1 of 2 points follow one by one; results.csv has all." in page
    assert page.count("Arrivals by kind of seeding") == 1
    assert not (copy / "figures" / "incidence_1.png").exists()


def test_without_events_no_sentence_pretends_to_a_number(ensemble):
    page = write_report(ensemble, "detection").read_text()
    assert "it is not determined: no patient has one at these sites" in page
    assert "Fewer than half have one by day 2: there is no median time." in page
    assert "nan" not in re.sub("src=.*?>", "", page) and "(–-–)" not in page
    assert "0 of 4 patients have a detectable metastasis." in page


def test_autopsies_carry_their_number_and_intervals(ensemble):
    page = html.unescape(write_report(ensemble).read_text())
    assert "<th>autopsies, % (n = 432)</th>" in page
    cases, n = site_counts("breast")["lung"]
    share, low, high = (shown(100 * value) for value in (cases / n, *wilson(cases, n)))
    assert f"<td>{share} ({low}-{high})</td>" in page
    assert f"<td>all sites alike, at the autopsies' mean</td><td>{shown(18.77)}</td>" in page


def test_arrivals_add_up_over_the_members(ensemble):
    total = 0
    for population in populations(ensemble, 48.0):
        total += sum(edge.arrivals for edge in population.migration())
    assert total == sum(int(row["arrivals"]) for row in read(ensemble / "results.csv"))


def test_autopsies_stand_beside_a_stated_size_and_never_beside_lines_that_die_out(ensemble):
    page = write_report(ensemble).read_text()
    assert "<th>patients with micrometastasis</th>" in page
    assert "It has 200 living cells or more." in page
    assert "Patients with a micrometastasis against" in page
    page = write_report(ensemble, "colony").read_text()
    assert "<th>patients with colony</th>" in page
    assert "so none is compared with" in page
    assert "root mean square" not in page


def test_shares_and_means_carry_their_intervals(ensemble):
    row = incidence_of(populations(ensemble, 48.0)[0], "colony")[0]
    page = write_report(ensemble, "colony").read_text()
    for value, low, high in (
        (100 * row.probability, 100 * row.low, 100 * row.high),
        (row.arrivals, max(0.0, row.arrivals_low), row.arrivals_high),
        (row.efficiency, *row.efficiency_interval),
    ):
        assert f"<td>{shown(value)} ({shown(low)}-{shown(high)})</td>" in page
        assert low <= value <= high


def test_dormancy_adds_up_to_what_was_seeded(ensemble):
    """DTCs of this scenario arrive asleep: all of them woke, died, or sleep."""
    stocks = [s for p in populations(ensemble, 48.0) for s in p.dormancy().values()]
    assert sum(seeded for seeded, *_ in stocks) > 10
    assert all(seeded == woke + died + asleep for seeded, woke, died, asleep in stocks)
    assert sum(woke for _, woke, _, _ in stocks) > 0


def test_each_colony_has_a_line(ensemble):
    breast = [ensemble / "members" / f"{number:05d}" for number in range(4)]
    member = max(breast, key=lambda p: len(read(p / "colonies.csv")))
    page, colonies = write_report(member).read_text(), read(member / "colonies.csv")
    assert len(colonies) > 1
    for row in colonies:
        place, parent = (shown_place(row[name], "breast") for name in ("organ", "parent_organ"))
        who = (place, row["founder_ctc"], row["founder_clone"], parent)
        cells = "".join(f"<td>{text}</td>" for text in who)
        assert f"<tr>{cells}<td>{shown(float(row['arrival_h']) / 24)}</td>" in page
    assert "micrometastasis from 200, macrometastasis from 500,000" in page


def test_larger_sizes_are_rarer(ensemble):
    population = populations(ensemble, 48.0)[0]
    cases = [
        sum(row.cases for row in incidence_of(population, size))
        for size in ("colony", "micrometastasis", "detection")
    ]
    assert cases == sorted(cases, reverse=True)
    assert cases[0] > 0 == cases[-1]


def test_an_unknown_size_is_refused(run, ensemble):
    for directory in (run, ensemble):
        with pytest.raises(ScenarioError, match='--size: got "colonies", did you mean "colony"'):
            write_report(directory, "colonies")


def test_another_directory_is_refused(tmp_path):
    with pytest.raises(OutputError, match="must be the directory of a run or of an ensemble"):
        write_report(tmp_path)


@pytest.mark.parametrize(("text", "why"), [("[]", "has no until_h"), ("{}", "has no until_h")])
def test_a_record_of_another_kind_is_named(tmp_path, text, why):
    (tmp_path / "ensemble.json").write_text(text)
    with pytest.raises(OutputError, match=f"ensemble.json: cannot be read: it {why}"):
        write_report(tmp_path)


def test_a_place_that_cannot_be_written_is_named(run, tmp_path):
    shutil.copytree(run, tmp_path / "copy", ignore=shutil.ignore_patterns("figures", "vtk"))
    (tmp_path / "copy" / "figures").write_text("a file where a folder must be")
    with pytest.raises(OutputError, match="figures.*cannot be written"):
        write_report(tmp_path / "copy")


def test_the_command_says_where_the_page_is(run, capsys):
    assert main(["report", str(run)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{Path(run) / 'report.html'}: open it" in captured.err


def test_without_matplotlib_the_extra_is_named(run, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["report", str(run)]) == 2
    assert "pip install hybridmet[report]" in capsys.readouterr().err


def test_matplotlib_is_not_loaded_by_importing_the_report():
    source = Path(importlib.import_module("hybridmet.report.figures").__file__).read_text()
    assert not re.search(r"^(import|from) matplotlib", source, re.MULTILINE)
