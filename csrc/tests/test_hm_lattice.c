#include "hm_lattice.h"

#include <string.h>

#include "hm_core.h"
#include "hm_test.h"

static hm_lattice_t made(int dim, int64_t nz, int64_t ny, int64_t nx, int periodic)
{
    hm_lattice_t lat;
    memset(&lat, 0, sizeof lat);
    HM_CHECK(hm_lattice_make(dim, (const int64_t[3]){nz, ny, nx}, periodic, 20.0, &lat) == HM_OK);
    return lat;
}

static void impossible_lattices_are_refused(void)
{
    hm_lattice_t lat;
    const int64_t flat[3] = {1, 4, 5}, deep[3] = {3, 4, 5}, none[3] = {1, 0, 5};
    HM_CHECK(hm_lattice_make(1, flat, 0, 20.0, &lat) == HM_ERR_ARGUMENT);
    HM_CHECK(hm_lattice_make(2, deep, 0, 20.0, &lat) == HM_ERR_ARGUMENT);
    HM_CHECK(hm_lattice_make(2, none, 0, 20.0, &lat) == HM_ERR_ARGUMENT);
    HM_CHECK(hm_lattice_make(3, deep, 0, 0.0, &lat) == HM_ERR_ARGUMENT);
    HM_CHECK(hm_lattice_make(3, deep, 0, -1.0, &lat) == HM_ERR_ARGUMENT);
}

static void a_flat_lattice_has_no_halo_in_z(void)
{
    const hm_lattice_t flat = made(2, 1, 4, 5, 0), deep = made(3, 3, 4, 5, 0);
    HM_CHECK(flat.size == 6 * 7 && deep.size == 5 * 6 * 7);
    HM_CHECK(hm_site(&flat, 0, -1, -1) == 0 && hm_site(&flat, 0, 4, 5) == flat.size - 1);
    HM_CHECK(hm_site(&deep, -1, -1, -1) == 0 && hm_site(&deep, 3, 4, 5) == deep.size - 1);
}

static void global_sites_count_the_interior(const hm_lattice_t *lat)
{
    int64_t n = 0;
    for (int64_t z = 0; z < lat->nz; z++)
        for (int64_t y = 0; y < lat->ny; y++)
            for (int64_t x = 0; x < lat->nx; x++) HM_CHECK(hm_global_site(lat, z, y, x) == n++);
}

static void opposite_directions_differ_in_the_last_bit(const hm_lattice_t *lat)
{
    const hm_offset_t *o = hm_offsets(lat);
    for (int d = 0; d < hm_all_neighbours(lat); d++) {
        HM_CHECK(o[d].z == -o[d ^ 1].z && o[d].y == -o[d ^ 1].y && o[d].x == -o[d ^ 1].x);
        HM_CHECK((d < hm_faces(lat)) == (o[d].z * o[d].z + o[d].y * o[d].y + o[d].x * o[d].x == 1));
        for (int e = 0; e < d; e++) HM_CHECK(o[d].z != o[e].z || o[d].y != o[e].y || o[d].x != o[e].x);
    }
}

/* A step and the step back return; outside is outside only where closed. */
static void neighbours_are_mutual(const hm_lattice_t *lat)
{
    for (int64_t y = 0; y < lat->ny; y++)
        for (int64_t x = 0; x < lat->nx; x++)
            for (int d = 0; d < hm_all_neighbours(lat); d++) {
                int64_t a[3], b[3];
                const int inside = hm_neighbour(lat, 0, y, x, d, &a[0], &a[1], &a[2]);
                HM_CHECK(inside || !lat->periodic);
                if (!inside) continue;
                HM_CHECK(hm_neighbour(lat, a[0], a[1], a[2], d ^ 1, &b[0], &b[1], &b[2]));
                HM_CHECK(b[0] == 0 && b[1] == y && b[2] == x);
            }
}

static double value(int64_t z, int64_t y, int64_t x) { return (double)(100 * z + 10 * y + x + 1); }

static void fill_interior(const hm_lattice_t *lat, double *u)
{
    for (int64_t i = 0; i < lat->size; i++) u[i] = -1.0;
    for (int64_t z = 0; z < lat->nz; z++)
        for (int64_t y = 0; y < lat->ny; y++)
            for (int64_t x = 0; x < lat->nx; x++) u[hm_site(lat, z, y, x)] = value(z, y, x);
}

static int64_t clamped(int64_t i, int64_t n) { return i < 0 ? 0 : (i >= n ? n - 1 : i); }

/* Faces, edges and corners: the mirror where closed, the wrapped image where periodic. */
static void halo_holds_the_image(const hm_lattice_t *lat)
{
    double u[5 * 6 * 7];
    fill_interior(lat, u);
    hm_halo_fill_f64(lat, u);
    for (int64_t z = -lat->hz; z < lat->nz + lat->hz; z++)
        for (int64_t y = -1; y <= lat->ny; y++)
            for (int64_t x = -1; x <= lat->nx; x++) {
                const double mirror = value(clamped(z, lat->nz), clamped(y, lat->ny), clamped(x, lat->nx));
                const double wrapped = value((z + lat->nz) % lat->nz, (y + lat->ny) % lat->ny, (x + lat->nx) % lat->nx);
                HM_CHECK(u[hm_site(lat, z, y, x)] == (lat->periodic ? wrapped : mirror));
            }
}

static void threads_are_spared_for_small_work(void)
{
    HM_CHECK(hm_threads_for(HM_SERIAL_BELOW - 1, 8) == 1 && hm_threads_for(HM_SERIAL_BELOW, 8) == 8);
    HM_CHECK(hm_threads_for(HM_SERIAL_BELOW, 0) == 1);
}

static void each_status_has_its_text(void)
{
    for (int a = HM_ERR_RANGE; a <= HM_OK; a++)
        for (int b = HM_ERR_RANGE; b < a; b++) HM_CHECK(strcmp(hm_status_text(a), hm_status_text(b)) != 0);
    HM_CHECK(strcmp(hm_status_text(-99), "unknown status") == 0);
}

int main(void)
{
    impossible_lattices_are_refused();
    a_flat_lattice_has_no_halo_in_z();
    for (int periodic = 0; periodic < 2; periodic++) {
        const hm_lattice_t lattices[4] = {made(2, 1, 4, 5, periodic), made(3, 3, 4, 5, periodic),
                                          made(2, 1, 1, 2, periodic), made(3, 1, 1, 1, periodic)};
        for (int i = 0; i < 4; i++) {
            global_sites_count_the_interior(&lattices[i]);
            opposite_directions_differ_in_the_last_bit(&lattices[i]);
            neighbours_are_mutual(&lattices[i]);
            halo_holds_the_image(&lattices[i]);
        }
    }
    threads_are_spared_for_small_work();
    each_status_has_its_text();
    return HM_REPORT();
}
