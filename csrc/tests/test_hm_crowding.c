#include "hm_crowding.h"

#include <math.h>

#include "hm_core.h"
#include "hm_test.h"

static uint8_t kind[6 * 6 * 6 * 2];

static hm_lattice_t made(int dim, int64_t nz, int periodic)
{
    hm_lattice_t lat;
    HM_CHECK(hm_lattice_make(dim, (const int64_t[3]){nz, 4, 4}, periodic, 10.0, &lat) == HM_OK);
    for (int64_t i = 0; i < lat.size * 2; i++) kind[i] = 0;
    return lat;
}

static double at(const hm_lattice_t *lat, int64_t z, int64_t y, int64_t x)
{
    const int64_t site = hm_site(lat, z, y, x);
    double share = -1.0;
    HM_CHECK(hm_crowding(lat, kind, 2, 1, &site, &share) == HM_OK);
    return share;
}

/* One place of two is taken, in one site of those around that are there. */
static void a_cell_counts_for_its_neighbours(void)
{
    const hm_lattice_t lat = made(3, 4, 0);
    kind[2 * hm_site(&lat, 1, 1, 1) + 1] = 3;
    HM_CHECK(at(&lat, 1, 1, 1) == 1.0 / 54.0 && at(&lat, 2, 2, 2) == 1.0 / 54.0);
    HM_CHECK(at(&lat, 0, 0, 0) == 1.0 / 16.0 && at(&lat, 0, 1, 1) == 1.0 / 36.0);
    HM_CHECK(at(&lat, 3, 1, 1) == 0.0);
}

static void a_slice_has_eight_neighbours(void)
{
    const hm_lattice_t lat = made(2, 1, 0);
    kind[2 * hm_site(&lat, 0, 1, 1)] = 1;
    HM_CHECK(at(&lat, 0, 2, 2) == 1.0 / 18.0 && at(&lat, 0, 0, 1) == 1.0 / 12.0 && at(&lat, 0, 3, 3) == 0.0);
}

static void what_wraps_has_neighbours_across(void)
{
    const hm_lattice_t lat = made(3, 4, 1);
    kind[2 * hm_site(&lat, 3, 3, 3)] = 1;
    HM_CHECK(at(&lat, 0, 0, 0) == 1.0 / 54.0 && at(&lat, 1, 0, 0) == 0.0);
}

static void halo_and_outside_are_refused(void)
{
    const hm_lattice_t lat = made(3, 4, 0);
    const int64_t wrong[4] = {0, -1, lat.size, hm_site(&lat, 0, 0, -1)};
    double share;
    for (int i = 0; i < 4; i++) HM_CHECK(hm_crowding(&lat, kind, 2, 1, &wrong[i], &share) == HM_ERR_RANGE);
}

int main(void)
{
    a_cell_counts_for_its_neighbours();
    a_slice_has_eight_neighbours();
    what_wraps_has_neighbours_across();
    halo_and_outside_are_refused();
    return HM_REPORT();
}
