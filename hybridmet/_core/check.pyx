"""Arguments of the C kernels: checked once, here."""

import numpy as np

cimport numpy as cnp

from hybridmet.errors import KernelError

cdef extern from "hm_core.h":
    const char *hm_status_text(int status)
    int hm_has_openmp()

cnp.import_array()

cdef dict DTYPES = {
    name: np.dtype(name)
    for name in ("uint8", "uint16", "uint32", "uint64", "int32", "int64", "float32", "float64")
}


def has_openmp() -> bool:
    """Whether the kernels were compiled with OpenMP."""
    return bool(hm_has_openmp())


cdef void *data(object array, str name, str dtype, Py_ssize_t size, bint writeable=False) except? NULL:
    """The data pointer of a C-contiguous array of a dtype and size; size -1 takes any."""
    if not cnp.PyArray_Check(array):
        raise TypeError(f"{name}: got {type(array).__name__}, must be a numpy array")
    cdef cnp.ndarray a = <cnp.ndarray>array
    cdef object expected = DTYPES[dtype], found = array.dtype
    if found is not expected and found != expected:
        raise TypeError(f"{name}: got dtype {found}, must be {dtype}")
    if not cnp.PyArray_IS_C_CONTIGUOUS(a):
        raise ValueError(f"{name}: must be C-contiguous")
    if writeable and not cnp.PyArray_ISWRITEABLE(a):
        raise ValueError(f"{name}: must be writeable")
    if size >= 0 and cnp.PyArray_SIZE(a) != size:
        raise ValueError(f"{name}: got {array.size} elements, must be {size}")
    return cnp.PyArray_DATA(a)


cdef int raise_status(int status, str where) except -1:
    """Translate a negative status into the house's exception."""
    if status < 0:
        raise KernelError(where, status, hm_status_text(status).decode())
    return status
