"""The C kernels alone: each csrc/tests/test_*.c compiled strictly, run under sanitizers."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

CSRC = Path(__file__).parents[1] / "csrc"
PROGRAMS = sorted((CSRC / "tests").glob("test_*.c"))
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# _DEFAULT_SOURCE: glibc hides M_PI under strict C11.
FLAGS = ["-std=c11", "-D_DEFAULT_SOURCE", "-O1", "-g", "-ffp-contract=off", "-fopenmp"]
FLAGS += [*WARNINGS, *SANITIZERS, f"-I{CSRC}"]
COMPILER = os.environ.get("CC") or shutil.which("gcc") or shutil.which("cc")

pytestmark = pytest.mark.skipif(
    COMPILER is None, reason="no C compiler: apt-get install -y gcc"
)


def run(command, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=300, check=False, **options
    )


BUILDS = {
    "as installed": [],
    "other paths": ["-DHM_NO_512", "-DHM_SERIAL_BELOW=2"],
}
"""Build -> its definitions. The second takes what a processor without wide vectors takes, and
threads for what is otherwise too little for them."""


def compiled(source: Path, folder: Path, definitions: list[str]) -> Path:
    """The object file of a source; a warning is an error."""
    target = folder / f"{source.stem}.o"
    result = run([*COMPILER.split(), *FLAGS, *definitions, "-c", source, "-o", target])
    assert result.returncode == 0, result.stderr
    return target


@pytest.fixture(scope="session", params=BUILDS.items(), ids=lambda item: item[0])
def build(request, tmp_path_factory) -> tuple[list[str], list[Path]]:
    """Definitions, and the objects of all kernels, compiled once."""
    definitions, folder = request.param[1], tmp_path_factory.mktemp("csrc")
    sources = sorted(CSRC.glob("*.c"))
    with ThreadPoolExecutor(2) as pool:
        objects = pool.map(lambda source: compiled(source, folder, definitions), sources)
        return definitions, list(objects)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_c_program_passes_under_sanitizers(program, build, tmp_path):
    definitions, objects = build
    binary = tmp_path / program.stem
    result = run(
        [*COMPILER.split(), *FLAGS, *definitions, program, *objects, "-o", binary, "-lm"]
    )
    assert result.returncode == 0, result.stderr
    # Passive waiting: with active waiting two threads on one core crawl.
    environment = os.environ | {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"}
    result = run([binary], env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 failed" in result.stdout
