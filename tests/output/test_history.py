import csv

import numpy as np
import pytest

from hybridmet import tables
from hybridmet.output.blood_history import BloodHistory
from hybridmet.output.colonies import Colonies
from hybridmet.output.csv_file import format_rows
from hybridmet.output.history import History
from tests.output.fakes import PHENOTYPES, FakePatient, FakeTissue


@pytest.fixture
def patient():
    return FakePatient(FakeTissue("liver", "liver", 0), FakeTissue("lung", "lung", 1, (6, 6)))


@pytest.fixture
def history(tmp_path, patient):
    return History(tmp_path, PHENOTYPES, patient.tissues["liver"].fields.parameters)


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_history_has_a_row_per_output_time_and_organ(tmp_path, patient, history):
    for patient.time in (0.0, 12.0):
        history.observe(patient)
    found = [(row["time_h"], row["organ"]) for row in rows(tmp_path / "history.csv")]
    assert found == [("0.0", "liver"), ("0.0", "lung"), ("12.0", "liver"), ("12.0", "lung")]


def test_history_counts_as_the_tissue_does(tmp_path, patient, history):
    history.observe(patient)
    for row, tissue in zip(
        rows(tmp_path / "history.csv"), patient.tissues.values(), strict=True
    ):
        for name, count in tissue.counts().items():
            assert row[name] == str(count)


def test_history_counts_the_cells_that_entered_the_blood(tmp_path, patient, history):
    patient.tissues["liver"].flows["intravasated"] = 7
    history.observe(patient)
    assert [row["intravasated"] for row in rows(tmp_path / "history.csv")] == ["7", "0"]


def test_history_measures_fields_and_vessels(tmp_path, patient, history):
    history.observe(patient)
    row, tissue = rows(tmp_path / "history.csv")[0], patient.tissues["liver"]
    assert float(row["oxygen_mean_mmHg"]) == tissue.fields["oxygen"].mean()
    assert float(row["ecm_mean"]) == tissue.fields["ecm"].mean()
    assert float(row["oxygen_median_mmHg"]) == np.median(tissue.fields["oxygen"])
    assert float(row["vessel_length_mm"]) == pytest.approx(4 * 8 * 20 / 1000)
    assert float(row["perfused_fraction"]) == pytest.approx(7 / 8)
    assert float(row["unperfused_fraction"]) == pytest.approx(1 / 8)


def test_history_leaves_empty_what_an_organ_does_not_have(tmp_path, patient, history):
    tissue = patient.tissues["lung"]
    del tissue.fields.arrays["mmp2"]
    tissue.vessels = tissue.vessels.kept(np.zeros(len(tissue.vessels.segments), bool))
    history.observe(patient)
    row = rows(tmp_path / "history.csv")[1]
    assert (row["mmp2_mean"], row["perfused_fraction"]) == ("", "")
    assert row["vessel_length_mm"] == "0.0"


def test_the_header_is_there_before_the_first_output(tmp_path, history):
    header = (tmp_path / "history.csv").read_text()
    assert header.startswith("time_h,organ,cells,epithelial,mesenchymal,proliferating,")
    assert header.count("\n") == 1


def test_the_same_moment_is_recorded_once(tmp_path, patient, history):
    history.observe(patient)
    history.close(patient)
    assert len(rows(tmp_path / "history.csv")) == 2


def test_circulation_has_a_row_per_compartment(tmp_path, patient):
    observer, blood = BloodHistory(tmp_path), patient.circulation
    for patient.time in (0.0, 12.0):
        observer.observe(patient)
    found = rows(tmp_path / "circulation.csv")
    assert [row["compartment"] for row in found] == 2 * list(blood.network.names)
    assert [int(row["arrested"]) for row in found[:30]] == blood.arrested.tolist()
    concentration = [float(row["concentration_per_mL"]) for row in found[30:]]
    assert concentration == blood.concentration.tolist()


def test_colonies_are_those_of_now(tmp_path, patient):
    observer = Colonies(tmp_path)
    observer.observe(patient)
    header = ",".join(tables.COLONY.names) + "\n"
    assert (tmp_path / "colonies.csv").read_text() == header
    patient.rows = np.zeros(2, tables.COLONY)
    patient.rows["organ"], patient.rows["cells"] = ["lung", "brain"], [12, 2]
    patient.time = 12.0
    observer.observe(patient)
    patient.rows = patient.rows[1:]
    observer.close(patient)
    assert len(rows(tmp_path / "colonies.csv")) == 2
    patient.time = 24.0
    observer.close(patient)
    (row,) = rows(tmp_path / "colonies.csv")
    assert (row["organ"], row["cells"], row["arrival_h"]) == ("brain", "2", "0.0")


def test_numbers_are_written_exactly_and_short():
    row = (0.1 + 0.2, np.float32(0.1), np.float64(1e-300), np.uint8(7), float("nan"), "a,b")
    assert format_rows([row]) == '0.30000000000000004,0.1,1e-300,7,,"a,b"\n'


def test_states_are_columns_in_the_order_of_their_numbers(history):
    assert history.counted[-len(tables.STATES) :] == tables.STATES
