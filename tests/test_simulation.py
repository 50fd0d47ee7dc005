"""A whole patient: determinism, ledger, lineage, organs."""

import json

import h5py
import numpy as np
import pytest

from hybridmet import Scenario, Simulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError, WriteError
from hybridmet.organs import OrganParameters, PrimaryParameters
from hybridmet.patient import digest_of
from hybridmet.scenario import loads_scenario

SCENARIO = """
name = "small"
random_seed = 7
duration = "8 d"
time_step = "2 h"
output.every = "2 d"
output.vtk_every = "4 d"
primary.shape = [64, 64]
primary.cells.radius = "300 um"
primary.vessels.ruptured_fraction = 0.3
organs.default.shape = [40, 40]
phenotypes.epithelial = { reactivation_rate = "0.05 / h", shedding_rate = "2e-3 / (um^2 h)" }
phenotypes.mesenchymal = { reactivation_rate = "0.05 / h", intravasation_rate = "2e-3 / (um^2 h)" }
"""


def simulation(seed=None, threads=1, *overrides) -> Simulation:
    return Simulation(loads_scenario(SCENARIO, overrides), seed=seed, threads=threads)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that metastasized, and its directory."""
    out = tmp_path_factory.mktemp("run") / "out"
    return simulation().run(output=out), out


def test_cells_reach_organs_and_found_colonies(finished):
    sim, _ = finished
    rows = {row["organ"]: row for row in sim.summary()}
    assert sum(row["seeded"] for row in rows.values()) > 20
    assert sum(row["colonies"] > 0 for row in rows.values()) >= 2


def test_every_ledger_balances(finished):
    sim, _ = finished
    for name, ledger in sim.ledger.items():
        assert ledger["imbalance"] == 0, (name, ledger)
    body, organs = sim.ledger["body"], [v for k, v in sim.ledger.items() if k != "body"]
    assert body["intravasated"] == sum(o["intravasated"] for o in organs) > 0
    assert body["extravasated"] == sum(o["seeded"] + o["failed_no_room"] for o in organs)


def test_stocks_of_the_ledger_are_what_the_columns_hold(finished):
    sim, _ = finished
    for name, tissue in sim.patient.tissues.items():
        table = tissue.cells_table()
        necrotic = int((table["state"] == 3).sum())
        assert sim.ledger[name]["debris"] == necrotic
        assert sim.ledger[name]["living"] == len(table) - necrotic


def test_a_lost_cell_stops_the_run():
    sim = simulation()
    sim.run(until=4.0)
    kind = sim.patient.primary.cells.column("kind")
    kind[tuple(np.argwhere(kind)[0])] = 0
    sim.patient.primary._touch()
    with pytest.raises(Exception, match="ledger.liver"):
        sim.run(until=6.0)


@pytest.mark.parametrize("shape", ["[64, 64]", "[34, 36, 38]"])
def test_results_do_not_depend_on_threads(shape):
    overrides = (f"primary.shape={shape}", "duration='3 d'")
    digests = {simulation(None, n, *overrides).run().patient.digest() for n in (1, 2, 3)}
    assert len(digests) == 1


def test_another_seed_gives_another_result():
    assert simulation(1).run(24.0).patient.digest() != simulation(2).run(24.0).patient.digest()


def test_running_in_two_parts_changes_nothing(finished):
    sim, _ = finished
    parts = simulation().run("3 d").run()
    assert parts.patient.digest() == sim.patient.digest()


def test_output_does_not_change_the_result(finished):
    sim, _ = finished
    assert simulation().run().patient.digest() == sim.patient.digest()


def test_every_bit_of_the_state_counts_in_the_digest():
    sim = simulation().run("4 d")
    arrays = [(name, array.copy()) for name, array in sim.patient.state_arrays()]
    before = sim.patient.digest()
    assert digest_of(arrays) == before
    for name, array in arrays:
        flat = array.reshape(-1).view(np.uint8)
        for byte in {0, len(flat) // 2, len(flat) - 1} if len(flat) else ():
            flat[byte] ^= 1
            assert digest_of(arrays) != before, name
            flat[byte] ^= 1
    assert digest_of(arrays) == before


def test_the_digest_sees_the_state_itself():
    patient = simulation().run("2 d").patient
    before = patient.digest()
    patient.primary.cells.column("clone")[0, 0, 0] ^= 1
    assert patient.digest() != before
    patient.primary.cells.column("clone")[0, 0, 0] ^= 1
    patient.primary.fields["ecm"][3, 4] = np.nextafter(patient.primary.fields["ecm"][3, 4], 2.0)
    assert patient.digest() != before


def test_every_dtc_leads_back_to_the_cell_that_left(finished):
    _, out = finished
    with h5py.File(out / "events.h5") as file:
        left, arrived = file["intravasations"][:], file["extravasations"][:]
        seeded = file["seedings"][:]
    assert len(arrived) > 20
    by_serial = {row["ctc"]: row for row in left}
    assert len(by_serial) == len(left)
    for dtc in arrived:
        ctc = by_serial[dtc["ctc"]]
        columns = ("time", "tissue", "site", "slot", "clone", "founder", "phenotype", "cluster")
        for column in columns:
            assert dtc[column] == ctc[column]
        assert dtc["arrival"] > ctc["time"]
    assert set(seeded["ctc"]) == set(arrived["ctc"])


def test_every_colony_leads_back_to_its_founder(finished):
    sim, out = finished
    colonies = sim.patient.colonies()
    with h5py.File(out / "events.h5") as file:
        seeded = {row["ctc"]: row for row in file["seedings"][:]}
        left = {row["ctc"]: row for row in file["intravasations"][:]}
    names = list(sim.patient.tissues)
    assert len(colonies) >= 3
    for colony in colonies:
        assert names[seeded[colony["founder_ctc"]]["tissue"]] == colony["organ"]
        assert seeded[colony["founder_ctc"]]["site"] == colony["site"]
        assert left[colony["founder_ctc"]]["clone"] == colony["founder_clone"]
        assert names[left[colony["founder_ctc"]]["tissue"]] == colony["parent_organ"]
        table = sim.patient.tissues[str(colony["organ"])].cells_table()
        own = table[table["founder"] == colony["founder_ctc"]]
        assert (own["state"] != 3).sum() == colony["cells"]


def test_metastases_shed_again():
    sim = simulation(None, 2, "duration='16 d'").run()
    shed = {n: t.flows.get("intravasated", 0) for n, t in sim.patient.tissues.items()}
    assert sum(n for name, n in shed.items() if name != "liver") > 0


@pytest.mark.parametrize("site", sorted(BodyNetwork.load().primary_sites))
def test_a_primary_can_sit_in_every_site(site):
    sim = simulation(None, 1, f"primary.site={site}", "duration='4 d'").run()
    assert next(iter(sim.patient.tissues)) == site
    assert sim.ledger["body"]["intravasated"] > 0
    assert sim.ledger["body"]["imbalance"] == 0


@pytest.mark.parametrize("bed", BodyNetwork.load().beds)
def test_every_capillary_bed_can_be_colonized(bed):
    sim = simulation(None, 1, "organs.default.soil.reactivation=100")
    dtcs = _dtcs(sim, bed)
    sim.patient._seed(bed, dtcs)
    (name,) = set(sim.patient.tissues) - {"liver"}
    assert name == ("liver.2" if bed == "liver" else bed)
    tissue = sim.patient.tissues[name]
    for _ in range(100):
        tissue.step(2.0)
        tissue.check_ledger()
    assert tissue.flows["seeded"] == len(dtcs)
    assert tissue.flows["born"] > 0


def _dtcs(sim: Simulation, bed: str) -> np.ndarray:
    from hybridmet import tables

    out = np.zeros(3, dtype=tables.DTC)
    out["ctc"] = out["cluster"] = [1, 2, 3]
    out["clone"], out["cluster_size"] = 1, 1
    out["bed"] = sim.patient.network.index(bed)
    return out


def test_a_lattice_that_stands_for_all_flow_takes_all_arrivals():
    sim = simulation(None, 1, "primary.flow_fraction=1.0")
    sim.patient._seed("liver", _dtcs(sim, "liver"))
    assert list(sim.patient.tissues) == ["liver"]
    assert sim.patient.primary.flows["seeded"] == 3


def test_hostile_soil_keeps_dtcs_from_growing():
    kind = simulation(None, 2).run()
    hostile = simulation(None, 2, "organs.default.soil.reactivation=0").run()
    assert len(kind.patient.colonies()) > 0
    assert len(hostile.patient.colonies()) == 0


def test_a_scenario_needs_no_file():
    scenario = Scenario(
        name="from objects",
        duration=24.0,
        primary=PrimaryParameters(site="colon", shape=(30, 30)),
        organs={"default": OrganParameters(shape=(20, 20))},
    )
    sim = Simulation(scenario, threads=1).run()
    assert sim.status == "completed"
    assert sim.patient.tissues["colon"].fields["oxygen"].shape == (30, 30)


def test_stop_ends_after_the_step_with_readable_files(tmp_path):
    sim = simulation()
    sim.run(output=tmp_path / "out", progress=lambda s: s.stop() if s.steps == 3 else None)
    assert sim.status == "interrupted"
    assert sim.steps == 3
    text = (tmp_path / "out" / "run.json").read_text()
    assert '"interrupted"' in text


def test_a_full_disk_is_an_error_and_the_run_says_failed(tmp_path, monkeypatch):
    from hybridmet.output import atomic, history

    def full(*_):
        raise OSError(28, "No space left on device")

    def fill(sim):
        if sim.steps == 1:
            monkeypatch.setattr(history.History, "_record", full)
            monkeypatch.setattr(atomic.os, "replace", full)

    sim = simulation()
    with pytest.raises(WriteError, match="could not be written: No space"):
        sim.run(output=tmp_path / "out", progress=fill)
    assert sim.status == "failed"
    assert json.loads((tmp_path / "out" / "run.json").read_text())["status"] == "failed"


def test_a_failure_in_the_last_output_is_no_completed_run(tmp_path, monkeypatch):
    from hybridmet.output import colonies

    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(colonies.Colonies, "close", broken)
    sim = simulation(None, 1, "duration='4 h'")
    with pytest.raises(RuntimeError, match="broken"):
        sim.run(output=tmp_path / "out")
    assert sim.status == "failed"
    assert json.loads((tmp_path / "out" / "run.json").read_text())["status"] == "failed"


def test_a_wish_to_stop_in_the_last_step_changes_nothing():
    sim = simulation(None, 1, "duration='4 h'")
    sim.run(progress=lambda s: s.stop() if s.steps == 2 else None)
    assert sim.status == "completed"


def test_run_json_holds_what_was_clamped_blocked_and_solved(finished):
    _, out = finished
    record = json.loads((out / "run.json").read_text())["numerics"]["liver"]
    assert record["cells"]["moved"] > 0 and record["cells"]["blocked"] > 0
    oxygen = record["fields"]["oxygen"]
    assert oxygen["cycles"] >= oxygen["solves"] // 2 > 0
    assert 0 < oxygen["largest_error"] <= 1e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed: got -1"),
        ({"seed": 1.5}, "seed: got 1.5"),
        ({"threads": 0}, "threads: got 0"),
        ({"threads": "2"}, "threads: got '2'"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ScenarioError, match=message):
        Simulation(loads_scenario(SCENARIO), **arguments)


@pytest.mark.parametrize("until", [-5.0, float("nan"), "5 um", "soon"])
def test_a_wrong_end_is_refused(until):
    with pytest.raises(ScenarioError, match="until: got"):
        simulation().run(until)


def test_clusters_are_a_minority_of_entries(tmp_path):
    """Some 2 in 100; over three runs, for one of a hundred entries may well have none."""
    sizes = []
    for seed in (1, 2, 3):
        simulation(seed).run(output=tmp_path / str(seed))
        with h5py.File(tmp_path / str(seed) / "events.h5") as file:
            left = file["intravasations"][:]
        sizes.append(left["cluster_size"][left["ctc"] == left["cluster"]])
    clusters = np.concatenate(sizes) > 1
    assert len(clusters) > 500
    assert 0.0 < clusters.mean() < 0.2


def test_events_that_nobody_drains_do_not_pile_up(monkeypatch):
    monkeypatch.setattr("hybridmet.simulation.TRIM_EVERY", 4)
    monkeypatch.setattr("hybridmet.simulation.MOST_EVENTS", 5)
    text = ("phenotypes.mesenchymal.intravasation_rate='1e-3 / (um^2 h)'", "duration='4 d'")
    kept = simulation(None, 1, *text).run().patient
    monkeypatch.setattr("hybridmet.simulation.MOST_EVENTS", 10**9)
    whole = simulation(None, 1, *text).run().patient
    assert kept.digest() == whole.digest() and whole.events_forgotten == 0
    few, all_events = kept.drain_events(), whole.drain_events()
    rows = {name: (sum(map(len, few[name])), sum(map(len, all_events[name]))) for name in few}
    assert sum(all_of - some for some, all_of in rows.values()) == kept.events_forgotten > 0
    for name, tables in few.items():
        latest = all_events[name][len(all_events[name]) - len(tables) :]
        assert all(np.array_equal(a, b) for a, b in zip(tables, latest, strict=True))


def test_a_run_may_go_without_single_events(tmp_path):
    """The same run but for the file; nobody drains its events, so they are let go."""
    kept = simulation(None, 1).run(output=tmp_path / "kept")
    without = simulation(None, 1, "output.events=false").run(output=tmp_path / "without")
    assert without.patient.digest() == kept.patient.digest()
    names = [{path.name for path in (tmp_path / k).iterdir()} for k in ("kept", "without")]
    assert names[0] - names[1] == {"events.h5"}
