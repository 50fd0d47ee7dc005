"""hm_lattice_t, and how a Python lattice becomes one."""

from libc.stdint cimport int32_t, int64_t

from hybridmet._core.check cimport data, raise_status

cdef extern from "hm_lattice.h":
    int hm_lattice_make(int32_t dim, const int64_t *shape, int32_t periodic, double spacing,
                        hm_lattice_t *out)
    void hm_halo_fill_f64(const hm_lattice_t *lat, double *u) nogil


cdef hm_lattice_t as_struct(object lattice) except *:
    """The C view of a `hybridmet.lattice.Lattice` (attributes dim, shape3, periodic, spacing)."""
    cdef hm_lattice_t out
    cdef int64_t shape[3]
    shape[0], shape[1], shape[2] = lattice.shape3
    raise_status(
        hm_lattice_make(lattice.dim, shape, lattice.periodic, lattice.spacing, &out), "lattice"
    )
    return out


def halo_fill(lattice, u) -> None:
    """Fill the halo of a padded float64 array: wrapped image or mirror."""
    cdef hm_lattice_t lat = as_struct(lattice)
    cdef double *p = <double *>data(u, "u", "float64", lat.size, True)
    with nogil:
        hm_halo_fill_f64(&lat, p)
