"""Arguments of the C kernels: checked once, here."""

cdef void *data(object array, str name, str dtype, Py_ssize_t size, bint writeable=*) except? NULL
cdef int raise_status(int status, str where) except -1
