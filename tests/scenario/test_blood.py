"""The blood of a scenario: sources, draws, filters and networks, and what is wrong with them."""

import csv
import json

import pytest

from hybridmet import Simulation
from hybridmet.errors import ScenarioError
from hybridmet.scenario.model import loads_scenario
from hybridmet.scenario.resolve import resolved_toml

HEAD = """
name = "blood"
duration = "6 h"
primary = false
organs.default = false
"""
SOURCE = """
[[sources]]
place = "lung"
rate = "24000 / d"
cluster_sizes = { "1" = 0.9, "3" = 0.1 }
phenotypes = { epithelial = 0.6, mesenchymal = 0.4 }
clones = 4
"""
DRAWS = """
[[draws]]
vessel = "tumour_vein"
every = "2 h"

[[draws]]
name = "arm"
vessel = "cubital_vein"
volume = "10 mL"
at = ["1 h", "5.5 h"]
removes = true
"""
FILTERS = """
[[filters]]
vessel = "right_atrium"
flow = "50 mL/min"
start = "2 h"
end = "4 h"
"""


def run(text: str, **options):
    return Simulation.from_scenario(loads_scenario(text), threads=1).run(**options)


def test_the_circulation_runs_without_any_tissue(tmp_path):
    simulation = run(HEAD + SOURCE + DRAWS + FILTERS, output=tmp_path / "out")
    body = simulation.ledger["body"]
    assert simulation.patient.tissues == {} and body["imbalance"] == 0
    assert body["injected"] > 5000 and body["extravasated"] == body["unfollowed"] > 0
    assert body["filtered"] > 0
    with open(tmp_path / "out" / "draws.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["phenotype"] == "all"]
    found = {
        name: [float(r["time_h"]) for r in rows if r["draw"] == name]
        for name in ("arm", "tumour_vein")
    }
    assert found == {"arm": [1.0, 5.5], "tumour_vein": [0.0, 2.0, 4.0, 6.0]}
    assert body["drawn"] == sum(int(row["cells"]) for row in rows if row["draw"] == "arm")
    with open(tmp_path / "out" / "selection.csv") as file:
        selection = list(csv.DictReader(file))
    assert {"all", "lung"} <= {row["bed"] for row in selection}
    assert json.loads((tmp_path / "out" / "run.json").read_text())["status"] == "completed"


def test_counted_and_individual_sources_agree_in_their_means():
    counted = run(HEAD + SOURCE + "individual = false\nend = '1 h'\n").ledger["body"]
    single = run(HEAD + SOURCE + "end = '1 h'\n").ledger["body"]
    assert counted["imbalance"] == single["imbalance"] == 0
    assert counted["injected"] == pytest.approx(single["injected"], rel=0.2)
    shares = [ledger["extravasated"] / ledger["injected"] for ledger in (counted, single)]
    assert shares[0] == pytest.approx(shares[1], abs=0.06)


def test_a_source_seeds_organs_that_are_followed():
    text = HEAD.replace("organs.default = false", 'organs.default.shape = [12, 12, 12]')
    simulation = run(text + SOURCE.replace("24000", "2400"))
    body = simulation.ledger["body"]
    assert body["seeded"] + body["failed_no_room"] == body["extravasated"] > 0
    assert body["unfollowed"] == 0 and simulation.patient.tissues
    assert set(simulation.patient.colonies()["parent_organ"]) <= {"source"}


def test_results_do_not_depend_on_threads():
    text = HEAD + SOURCE + DRAWS + FILTERS
    text += "[circulation]\ndisaggregation_rate = '3 / h'\n"
    digests = {
        Simulation.from_scenario(loads_scenario(text), threads=n).run().patient.digest()
        for n in (1, 2)
    }
    assert len(digests) == 1


def test_a_scenario_of_the_blood_reads_back_from_its_resolved_text():
    scenario = loads_scenario(HEAD + SOURCE + DRAWS + FILTERS)
    assert loads_scenario(resolved_toml(scenario)) == scenario


def test_a_network_file_counts_from_the_scenarios_folder(tmp_path):
    from hybridmet.circulation.network import reference_data

    (tmp_path / "body.json").write_text(json.dumps(reference_data()))
    (tmp_path / "a.toml").write_text(HEAD + SOURCE + '[circulation]\nnetwork = "body.json"\n')
    simulation = Simulation.from_scenario(tmp_path / "a.toml", threads=1)
    assert "lung_tumour_vein" in simulation.patient.network.names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SOURCE.replace('"lung"', '"lnug"'), 'sources[0].place: got "lnug", did you mean "lung"?'),
        (SOURCE.replace("mesench", "messench"), 'sources[0].phenotypes: got "messenchymal"'),
        (SOURCE.replace("0.6", "0.7"), "sources[0].phenotypes"),
        (SOURCE.replace('"24000 / d"', '"0 / d"'), 'sources[0].rate: got "0 / d", must be > 0 / h'),
        (SOURCE + "[[draws]]\nvessel = 'arm'\nat = ['1 h']", 'draws[0].vessel: got "arm"'),
        (
            SOURCE + "[[draws]]\nvessel = 'portal_vein'\nvolume = '1 L'\nat = ['1 h']",
            'draws[0].volume: got "1 L", must be <= 53 mL, what portal_vein holds',
        ),
        (
            SOURCE + "[[draws]]\nvessel = 'svc'\nat = ['7 h']",
            'draws[0].at: got ["7 h"], must be within the simulated time',
        ),
        (
            SOURCE + "[[draws]]\nvessel = 'svc'\nevery = '1 h'\nstart = '1 d'",
            'draws[0].start: got "1 d", must be within the simulated time',
        ),
        (SOURCE + "[[draws]]\nvessel = 'svc'", "draws[0].at: got [], must hold times"),
        (SOURCE + "[[filters]]\nvessel = 'svc'", "filters[0].flow: missing, must be given"),
        (
            SOURCE + "[[filters]]\nvessel = 'svc'\nflow = '90 L/min'",
            'filters[0].flow: got "90 L/min", must be <= ',
        ),
        (
            SOURCE + "[[filters]]\nvessel = 'svc'\nflow = '1 mL/h'\nefficiency = 1.5",
            "filters[0].efficiency: got 1.5, must be >= 0 and <= 1",
        ),
        (
            SOURCE + "[circulation]\nroutes = ['batson']",
            'circulation.routes: got ["batson"], which',
        ),
        (SOURCE + "[circulation]\nroutes = ['bats']", 'circulation.routes: got ["bats"], did you'),
        (SOURCE + "[circulation]\nembolized = { lung = 1.0 }", 'circulation.embolized: got "lung"'),
        (SOURCE + "[circulation]\nbody_mass = '70 m'", "circulation.body_mass: got"),
        (SOURCE + "[circulation]\nnetwork = 'no.toml'", "circulation.network: got"),
        (
            SOURCE + "individual = false\n[circulation]\ndisaggregation_rate = '1 / h'",
            "sources[0].individual: got false, must be true where clusters part",
        ),
        ("", "primary: got None, must be given where there are no sources of CTCs"),
    ],
)
def test_mistakes_say_where_and_what_is_allowed(text, message):
    with pytest.raises(ScenarioError) as caught:
        loads_scenario(HEAD + text)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_check_says_what_enters_is_drawn_and_is_filtered():
    from hybridmet.scenario.derived import derived

    rows = dict(derived(loads_scenario(HEAD + SOURCE + DRAWS + FILTERS)))
    assert rows["sources[0]"] == "lung: about 7.2e+03 cells, one by one"
    assert rows["draws[0]"] == "7.5 mL from tumour_vein, 4 times"
    assert rows["filters[0]"].startswith("right_atrium: a hazard of ")
    assert rows["primary.site"].startswith("no primary")
