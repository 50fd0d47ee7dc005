"""Bridge to csrc/hm_field and csrc/hm_multigrid in single precision: the same source."""

cdef extern from *:
    """
    #define HM_SINGLE
    """

DTYPE = "float32"

include "field_solver.pxi"
