"""The machine's memory bandwidth by STREAM's triad, compiled on the spot (triad.c)."""

import ctypes
import os
import subprocess
import tempfile
from pathlib import Path

ELEMENTS = 30_000_000
"""Of each array: 240 MB, beyond any cache."""


class Triad:
    """Bandwidth of a = b + c d."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        library = Path(self._folder.name, "triad.so")
        command = [
            os.environ.get("CC", "gcc"),
            "-O3",
            "-march=native",
            "-fopenmp",
            "-shared",
            "-fPIC",
        ]
        subprocess.run([*command, Path(__file__).with_suffix(".c"), "-o", library], check=True)
        self._triad = ctypes.CDLL(str(library)).hm_triad
        self._triad.restype = ctypes.c_double
        self._triad.argtypes = [ctypes.c_size_t, ctypes.c_int, ctypes.c_int]

    def bandwidth(self, threads: int, repeats: int = 10) -> float:
        """Best of some passes [bytes/s]; a written value counts once."""
        return self._triad(ELEMENTS, repeats, threads)
