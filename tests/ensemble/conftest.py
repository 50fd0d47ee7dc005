"""A small patient, and an executor that needs no processes."""

from concurrent.futures import Executor, Future

import pytest

SCENARIO = """\
name = "small"
duration = "1 d"
random_seed = 3

[primary]
site = "breast"
shape = [16, 16]
cells.radius = "120 um"

[organs.default]
shape = [10, 10]

[phenotypes.epithelial]
division_rate = "0.2 / h"
reactivation_rate = "1 / h"

[phenotypes.mesenchymal]
division_rate = "0.2 / h"
intravasation_rate = "1e-2 / (um^2 h)"
reactivation_rate = "1 / h"
"""


class Inline(Executor):
    """Runs what is submitted at once, in this process."""

    def submit(self, function, /, *arguments, **options):
        future = Future()
        try:
            future.set_result(function(*arguments, **options))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def inline():
    return Inline()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory that holds a small scenario."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SCENARIO)
    return tmp_path
