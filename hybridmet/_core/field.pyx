"""Bridge to csrc/hm_field and csrc/hm_multigrid in double precision."""

DTYPE = "float64"

include "field_solver.pxi"

cdef extern from "hm_field.h":
    double hm_exp_minus(double x)


def exp_minus(double x) -> float:
    """e^-x of the kernels, for x >= 0."""
    return hm_exp_minus(x)
