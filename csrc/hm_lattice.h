/* Geometry of a lattice block: interior sites plus a halo of one site.
 *
 * Axes are (z, y, x), x fastest. A 2-D lattice has nz = 1 and no halo in z. Interior
 * coordinates run 0..n-1; arrays over sites are padded and indexed by hm_site().
 * The global site number, a cell's identity, is the index without halo.
 */
#ifndef HM_LATTICE_H
#define HM_LATTICE_H

#include <stdint.h>

#define HM_MAX_NEIGHBOURS 26

typedef struct {
    int32_t dim;      /* 2 or 3 */
    int32_t periodic; /* 1: all axes wrap; 0: closed */
    int64_t nz, ny, nx;
    int64_t hz;       /* halo in z: 0 in 2-D, 1 in 3-D */
    int64_t sz, sy;   /* strides of the padded array, in sites */
    int64_t size;     /* sites of the padded array */
    double spacing;   /* um */
} hm_lattice_t;

typedef struct {
    int8_t z, y, x;
} hm_offset_t;

/* Face neighbours come first, opposite directions are d and d ^ 1. */
extern const hm_offset_t hm_offsets_2d[8];
extern const hm_offset_t hm_offsets_3d[26];

/* Fill a lattice; HM_ERR_ARGUMENT for a size below 1 or a spacing that is not positive. */
int hm_lattice_make(int32_t dim, const int64_t shape[3], int32_t periodic, double spacing, hm_lattice_t *out);

static inline const hm_offset_t *hm_offsets(const hm_lattice_t *lat)
{
    return lat->dim == 2 ? hm_offsets_2d : hm_offsets_3d;
}

static inline int hm_faces(const hm_lattice_t *lat) { return 2 * lat->dim; }

static inline int hm_all_neighbours(const hm_lattice_t *lat) { return lat->dim == 2 ? 8 : 26; }

static inline int64_t hm_site(const hm_lattice_t *lat, int64_t z, int64_t y, int64_t x)
{
    return (z + lat->hz) * lat->sz + (y + 1) * lat->sy + (x + 1);
}

static inline int64_t hm_global_site(const hm_lattice_t *lat, int64_t z, int64_t y, int64_t x)
{
    return (z * lat->ny + y) * lat->nx + x;
}

static inline int64_t hm_wrapped(int64_t i, int64_t n, int periodic)
{
    if (i >= 0 && i < n) return i;
    return periodic ? (i < 0 ? i + n : i - n) : -1;
}

/* Neighbour of (z, y, x) in direction d: fills its interior coordinates; 0 if outside. */
static inline int hm_neighbour(const hm_lattice_t *lat, int64_t z, int64_t y, int64_t x, int d,
                               int64_t *nz, int64_t *ny, int64_t *nx)
{
    const hm_offset_t o = hm_offsets(lat)[d];
    *nz = hm_wrapped(z + o.z, lat->nz, lat->periodic);
    *ny = hm_wrapped(y + o.y, lat->ny, lat->periodic);
    *nx = hm_wrapped(x + o.x, lat->nx, lat->periodic);
    return *nz >= 0 && *ny >= 0 && *nx >= 0;
}

/* Halo of a scalar per site: the wrapped image where periodic, else the mirror
 * (u[-1] = u[0]: cell-centred zero flux). Edges and corners are filled too. */
void hm_halo_fill_f64(const hm_lattice_t *lat, double *u);
void hm_halo_fill_f32(const hm_lattice_t *lat, float *u);

#endif
