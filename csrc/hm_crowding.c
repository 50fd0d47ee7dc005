#include "hm_crowding.h"

#include "hm_core.h"

static int64_t taken_in(const uint8_t *kind, int64_t slots, int64_t site)
{
    int64_t taken = 0;
    for (int64_t k = 0; k < slots; k++) taken += kind[site * slots + k] != 0;
    return taken;
}

/* All neighbours are there: rows of three sites. */
static double crowding_inside(const hm_lattice_t *lat, const uint8_t *kind, int64_t slots, int64_t site)
{
    int64_t taken = 0;
    for (int64_t z = -lat->hz; z <= lat->hz; z++)
        for (int64_t y = -1; y <= 1; y++) {
            const uint8_t *row = kind + (site + z * lat->sz + y * lat->sy - 1) * slots;
            for (int64_t k = 0; k < 3 * slots; k++) taken += row[k] != 0;
        }
    return (double)taken / (double)((hm_all_neighbours(lat) + 1) * slots);
}

static int at_side(int64_t at, int64_t n) { return at == 0 || at == n - 1; }

static double crowding(const hm_lattice_t *lat, const uint8_t *kind, int64_t slots, const int64_t at[3])
{
    if (!(lat->dim == 3 && at_side(at[0], lat->nz)) && !at_side(at[1], lat->ny) && !at_side(at[2], lat->nx))
        return crowding_inside(lat, kind, slots, hm_site(lat, at[0], at[1], at[2]));
    int64_t taken = taken_in(kind, slots, hm_site(lat, at[0], at[1], at[2])), room = 1;
    for (int d = 0; d < hm_all_neighbours(lat); d++) {
        int64_t z, y, x;
        if (!hm_neighbour(lat, at[0], at[1], at[2], d, &z, &y, &x)) continue;
        taken += taken_in(kind, slots, hm_site(lat, z, y, x));
        room++;
    }
    return (double)taken / (double)(room * slots);
}

int hm_crowding(const hm_lattice_t *lat, const uint8_t *kind, int64_t slots, int64_t n, const int64_t *site,
                double *share)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t at[3] = {site[i] / lat->sz - lat->hz, site[i] % lat->sz / lat->sy - 1, site[i] % lat->sy - 1};
        if (site[i] < 0 || at[0] < 0 || at[1] < 0 || at[2] < 0 || at[0] >= lat->nz || at[1] >= lat->ny ||
            at[2] >= lat->nx)
            return HM_ERR_RANGE;
        share[i] = crowding(lat, kind, slots, at);
    }
    return HM_OK;
}
