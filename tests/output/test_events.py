import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from hybridmet import tables
from hybridmet.output.events import TABLES, UNITS, EventLog
from tests.output.fakes import PHENOTYPES, FakePatient, FakeTissue


@pytest.fixture
def patient():
    return FakePatient(FakeTissue("liver", "liver", 0))


@pytest.fixture
def log(tmp_path, patient):
    return EventLog(tmp_path, PHENOTYPES, patient.circulation.network.names)


def events_of(table, first, count):
    rows = np.zeros(count, TABLES[table])
    rows["time"] = np.arange(first, first + count)
    return rows


def read(tmp_path):
    with h5py.File(tmp_path / "events.h5") as file:
        return {name: file[name][:] for name in TABLES}


def test_events_are_appended_in_order_and_column_by_column(tmp_path, patient, log):
    random = np.random.default_rng(3)
    expected = []
    for patient.time in (0.0, 12.0, 24.0):
        blocks = [events_of("extravasations", 10 * patient.time + k, 5) for k in (0, 5)]
        for block in blocks:
            block["ctc"] = random.integers(2**63, 2**64, len(block), dtype=np.uint64)
            block["clone"] = random.integers(0, 2**32, len(block))
        patient.events["extravasations"] = blocks
        expected += blocks
        log.observe(patient)
    found = read(tmp_path)
    np.testing.assert_array_equal(found["extravasations"], np.concatenate(expected))
    assert len(found["seedings"]) == 0


def test_more_rows_than_a_chunk_survive(tmp_path, patient, log):
    patient.events["blood"] = [events_of("blood", 0, 9999)]
    log.close(patient)
    np.testing.assert_array_equal(read(tmp_path)["blood"]["time"], np.arange(9999))


def test_an_output_without_events_changes_nothing(tmp_path, patient, log):
    for patient.time in (0.0, 1.0):
        log.observe(patient)
    assert all(len(rows) == 0 for rows in read(tmp_path).values())


def test_names_and_units_are_attributes(tmp_path, patient, log):
    patient.tissues["lung"] = FakeTissue("lung", "lung", 1)
    log.observe(patient)
    with h5py.File(tmp_path / "events.h5") as file:
        assert list(file.attrs["phenotypes"]) == list(PHENOTYPES)
        assert tuple(file.attrs["nodes"]) == patient.circulation.network.names
        assert list(file.attrs["tissues"]) == ["liver", "lung"]
        assert tuple(file.attrs["blood_events"]) == tables.BLOOD_EVENTS
        assert tuple(file.attrs["seeding_outcomes"]) == tables.SEEDING_OUTCOMES
        columns = file["intravasations"].dtype.names
        units = dict(zip(columns, file["intravasations"].attrs["units"], strict=True))
        assert units["time"] == "h" and units["diameter"] == "um" and units["ctc"] == "1"


def test_every_unit_belongs_to_a_column():
    columns = {column for dtype in TABLES.values() for column in dtype.names}
    assert set(UNITS) <= columns


def test_tables_are_compressed(tmp_path, log):
    with h5py.File(tmp_path / "events.h5") as file:
        for name in TABLES:
            assert (file[name].compression, file[name].compression_opts) == ("gzip", 1)
            assert file[name].shuffle


def test_a_reader_that_keeps_the_file_open_does_not_stop_the_run(tmp_path, patient, log):
    with h5py.File(tmp_path / "events.h5", "r"):
        code = f"""if True:
            import numpy as np
            from tests.output.fakes import *
            from hybridmet.output import events
            log = events.EventLog.__new__(events.EventLog)
            log._last_time, log.path = None, {str(tmp_path / "events.h5")!r}
            patient = FakePatient()
            patient.events["blood"] = [np.zeros(3, tables.BLOOD_EVENT)]
            log.observe(patient)
            """
        subprocess.run([sys.executable, "-c", code], check=True)
    assert len(read(tmp_path)["blood"]) == 3


def test_a_killed_run_leaves_a_file_that_opens(tmp_path):
    code = f"""if True:
        import os, signal
        import numpy as np
        from tests.output.fakes import *
        from hybridmet.output.events import EventLog
        patient = FakePatient()
        log = EventLog({str(tmp_path)!r}, PHENOTYPES, patient.circulation.network.names)
        patient.events["blood"] = [np.ones(3, tables.BLOOD_EVENT)]
        log.observe(patient)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(read(tmp_path)["blood"]) == 3
