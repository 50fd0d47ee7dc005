#include "hm_lattice.h"

#include "hm_core.h"

const hm_offset_t hm_offsets_2d[8] = {
    {0, 0, -1}, {0, 0, 1}, {0, -1, 0}, {0, 1, 0},
    {0, -1, -1}, {0, 1, 1}, {0, -1, 1}, {0, 1, -1},
};

const hm_offset_t hm_offsets_3d[26] = {
    {0, 0, -1}, {0, 0, 1}, {0, -1, 0}, {0, 1, 0}, {-1, 0, 0}, {1, 0, 0},
    {0, -1, -1}, {0, 1, 1}, {0, -1, 1}, {0, 1, -1},
    {-1, 0, -1}, {1, 0, 1}, {-1, 0, 1}, {1, 0, -1},
    {-1, -1, 0}, {1, 1, 0}, {-1, 1, 0}, {1, -1, 0},
    {-1, -1, -1}, {1, 1, 1}, {-1, -1, 1}, {1, 1, -1},
    {-1, 1, -1}, {1, -1, 1}, {-1, 1, 1}, {1, -1, -1},
};

int hm_lattice_make(int32_t dim, const int64_t shape[3], int32_t periodic, double spacing, hm_lattice_t *out)
{
    if ((dim != 2 && dim != 3) || (dim == 2 && shape[0] != 1) || !(spacing > 0.0)) return HM_ERR_ARGUMENT;
    if (shape[0] < 1 || shape[1] < 1 || shape[2] < 1) return HM_ERR_ARGUMENT;
    const int64_t hz = dim == 3 ? 1 : 0;
    const int64_t sy = shape[2] + 2;
    const int64_t sz = sy * (shape[1] + 2);
    *out = (hm_lattice_t){
        .dim = dim, .periodic = periodic, .nz = shape[0], .ny = shape[1], .nx = shape[2], .hz = hz,
        .sz = sz, .sy = sy, .size = sz * (shape[0] + 2 * hz), .spacing = spacing,
    };
    return HM_OK;
}

static int64_t image(int64_t i, int64_t n, int periodic)
{
    if (periodic) return i < 0 ? n - 1 : (i >= n ? 0 : i);
    return i < 0 ? 0 : (i >= n ? n - 1 : i);
}

/* The same for both number types of fields. */
#define HM_HALO_FILL(name, type)                                                              \
    static void name##_row(const hm_lattice_t *lat, type *u, int64_t z, int64_t y)            \
    {                                                                                         \
        const int p = lat->periodic;                                                          \
        const int64_t iz = image(z, lat->nz, p), iy = image(y, lat->ny, p);                   \
        type *row = u + hm_site(lat, z, y, 0);                                                \
        const type *from = u + hm_site(lat, iz, iy, 0);                                       \
        if (row != from)                                                                      \
            for (int64_t x = 0; x < lat->nx; x++) row[x] = from[x];                           \
        row[-1] = from[image(-1, lat->nx, p)];                                                \
        row[lat->nx] = from[image(lat->nx, lat->nx, p)];                                      \
    }                                                                                         \
    void name(const hm_lattice_t *lat, type *u)                                               \
    {                                                                                         \
        for (int64_t z = -lat->hz; z < lat->nz + lat->hz; z++)                                \
            for (int64_t y = -1; y <= lat->ny; y++) name##_row(lat, u, z, y);                 \
    }

HM_HALO_FILL(hm_halo_fill_f64, double)
HM_HALO_FILL(hm_halo_fill_f32, float)
