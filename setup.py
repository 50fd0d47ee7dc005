"""Build of the C kernels (csrc/) and of their bridge (hybridmet/_core)."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_clib import build_clib
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.errors import CompileError, LinkError

ROOT = Path(__file__).parent
CSRC = "csrc"
# Instruction sets must agree bit for bit, so contraction and reassociation stay off.
C_FLAGS = ["-O3", "-std=c11", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
OPENMP = "-fopenmp"
NO_OPENMP = """
hybridmet: this compiler cannot build OpenMP programs; the kernels will run on one thread.
hybridmet: results are the same for any number of threads; only the speed differs.
hybridmet: with gcc install libgomp, with clang install libomp, then reinstall hybridmet.
"""
PROBE = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"


def has_openmp(compiler) -> bool:
    """Compile and link a small program: the only reliable way to know."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text(PROBE)
        try:
            objects = compiler.compile([str(source)], output_dir=folder, extra_postargs=[OPENMP])
            compiler.link_executable(
                objects, "probe", output_dir=folder, extra_postargs=[OPENMP], libraries=["m"]
            )
        except (CompileError, LinkError):
            return False
    return True


class BuildKernels(build_clib):
    """The C library: complete without Python, linked into each bridge module."""

    def build_libraries(self, libraries):
        extra = [OPENMP] if has_openmp(self.compiler) else []
        if not extra:
            print(NO_OPENMP, file=sys.stderr)
        for _, info in libraries:
            info["cflags"] = [*C_FLAGS, *extra]
        super().build_libraries(libraries)


class BuildBridge(build_ext):
    def run(self):
        self.run_command("build_clib")
        super().run()

    def build_extensions(self):
        if has_openmp(self.compiler):
            for extension in self.extensions:
                extension.extra_link_args = [OPENMP]
        super().build_extensions()


def source_commit() -> str | None:
    """Git commit of the tree that is built; None outside a checkout."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40"]
    if not (ROOT / ".git").exists():
        return None
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


class BuildPackage(build_py):
    """The Python files, the commit they come from, and the headers the bridge's .pxd name."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        package = Path(self.build_lib, "hybridmet")
        commit = source_commit()
        if commit:
            package.joinpath("_commit.txt").write_text(commit + "\n", encoding="ascii")
        include = package / "_core" / "include"
        include.mkdir(parents=True, exist_ok=True)
        for header in ROOT.glob(f"{CSRC}/*.h"):
            shutil.copy(header, include)


def relative(paths) -> list[str]:
    return sorted(os.path.relpath(path, ROOT) for path in paths)


headers = relative(ROOT.glob(f"{CSRC}/*.h"))
sources = relative(ROOT.glob(f"{CSRC}/*.c"))
kernels = (
    "hybridmet_kernels",
    {"sources": sources, "include_dirs": [CSRC], "obj_deps": {"": headers}},
)
bridges = [
    Extension(
        f"hybridmet._core.{Path(path).stem}",
        [path],
        include_dirs=[CSRC, numpy.get_include()],
        libraries=["hybridmet_kernels", "m"],
        depends=headers + sources + relative(ROOT.glob("hybridmet/_core/*.px[di]")),
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
    )
    for path in relative(ROOT.glob("hybridmet/_core/*.pyx"))
]

setup(
    libraries=[kernels],
    ext_modules=cythonize(
        bridges,
        compiler_directives={"language_level": 3, "embedsignature": True},
        build_dir="build/cython",
    ),
    cmdclass={"build_py": BuildPackage, "build_clib": BuildKernels, "build_ext": BuildBridge},
)
