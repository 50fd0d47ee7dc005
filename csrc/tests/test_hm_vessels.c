#include "hm_vessels.h"

#include <math.h>
#include <stdlib.h>

#include "hm_core.h"
#include "hm_rng.h"
#include "hm_test.h"

#define H 20.0
#define CAPACITY 4096

static int32_t segment[CAPACITY];
static int64_t site[CAPACITY];
static double length[CAPACITY];

static hm_lattice_t made(int dim, int64_t nz, int64_t ny, int64_t nx)
{
    hm_lattice_t lat;
    HM_CHECK(hm_lattice_make(dim, (const int64_t[3]){nz, ny, nx}, 0, H, &lat) == HM_OK);
    return lat;
}

/* Pieces of the one segment between two nodes. */
static int64_t trace(const hm_lattice_t *lat, const double nodes[6])
{
    const int32_t ends[2] = {0, 1};
    int64_t n = -1;
    HM_CHECK(hm_vessels_trace(lat, 2, nodes, 1, ends, CAPACITY, &n, segment, site, length) == HM_OK);
    return n;
}

static void a_segment_along_x_has_a_piece_per_site(void)
{
    const hm_lattice_t lat = made(3, 3, 4, 5);
    const int64_t n = trace(&lat, (const double[6]){5.0, 30.0, 10.0, 95.0, 30.0, 10.0});
    const double expected[5] = {15.0, 20.0, 20.0, 20.0, 15.0};
    HM_CHECK(n == 5);
    for (int64_t i = 0; i < 5; i++)
        HM_CHECK(site[i] == hm_site(&lat, 0, 1, i) && fabs(length[i] - expected[i]) < 1e-12);
}

static void a_diagonal_through_corners_has_no_spurious_pieces(void)
{
    const hm_lattice_t lat = made(3, 3, 3, 3);
    const int64_t n = trace(&lat, (const double[6]){0.0, 0.0, 0.0, 60.0, 60.0, 60.0});
    double total = 0.0;
    for (int64_t i = 0; i < n; i++) total += length[i];
    HM_CHECK(n == 3 && fabs(total - 60.0 * sqrt(3.0)) < 1e-9);
}

static void a_segment_along_the_far_side_belongs_inside(void)
{
    const hm_lattice_t lat = made(3, 3, 4, 5);
    const int64_t n = trace(&lat, (const double[6]){100.0, 0.0, 60.0, 100.0, 80.0, 60.0});
    HM_CHECK(n == 4);
    for (int64_t i = 0; i < n; i++) HM_CHECK(site[i] == hm_site(&lat, 2, i, 4));
}

static void a_point_has_no_pieces(void)
{
    const hm_lattice_t lat = made(2, 1, 4, 5);
    HM_CHECK(trace(&lat, (const double[6]){20.0, 20.0, 10.0, 20.0, 20.0, 10.0}) == 0);
}

static double coordinate(uint32_t word, int64_t n, int style)
{
    const double u = hm_unit(word);
    if (style == 1) return floor(u * (double)(n + 1)) * H; /* on a plane of the lattice */
    if (style == 2) return u < 0.5 ? 0.0 : (double)n * H;  /* on the sides */
    return u * (double)n * H;
}

/* Whatever the segment: lengths add up, every piece lies in the lattice, and twice the
 * segment, run backwards, visits the same sites in turn. */
static void lengths_add_up(void)
{
    const hm_lattice_t lat = made(3, 7, 8, 9);
    const int64_t n[3] = {9, 8, 7};
    const hm_key_t key = hm_key(1u, HM_STREAM_VESSELS);
    for (uint32_t i = 0; i < 20000; i++) {
        double nodes[6], total = 0.0, whole = 0.0;
        for (uint32_t a = 0; a < 6; a++)
            nodes[a] = coordinate(hm_draw(key, i, 0u, a).v[0], n[a % 3], (int)(hm_draw(key, i, 1u, a).v[0] % 3u));
        const int64_t pieces = trace(&lat, nodes);
        for (int a = 0; a < 3; a++) whole += (nodes[a + 3] - nodes[a]) * (nodes[a + 3] - nodes[a]);
        for (int64_t k = 0; k < pieces; k++) {
            total += length[k];
            HM_CHECK(length[k] > 0.0 && site[k] >= 0 && site[k] < lat.size);
        }
        HM_CHECK(fabs(total - sqrt(whole)) <= 1e-9 * (1.0 + sqrt(whole)));
    }
}

static void nodes_outside_are_refused(void)
{
    const hm_lattice_t lat = made(3, 3, 4, 5);
    const int32_t ends[2] = {0, 1};
    const double wrong[5] = {-1e-9, 100.0 + 1e-9, 1e9, NAN, -INFINITY};
    int64_t n = 7;
    for (int i = 0; i < 5; i++) {
        const double nodes[6] = {wrong[i], 1.0, 1.0, 2.0, 2.0, 2.0};
        HM_CHECK(hm_vessels_trace(&lat, 2, nodes, 1, ends, 0, &n, 0, 0, 0) == HM_ERR_RANGE);
    }
    HM_CHECK(n == 7);
}

static void node_numbers_out_of_range_are_refused(void)
{
    const hm_lattice_t lat = made(3, 3, 4, 5);
    const double nodes[6] = {1.0, 1.0, 1.0, 2.0, 2.0, 2.0};
    int64_t n = 0;
    HM_CHECK(hm_vessels_trace(&lat, 2, nodes, 1, (const int32_t[2]){0, 2}, 0, &n, 0, 0, 0) == HM_ERR_RANGE);
    HM_CHECK(hm_vessels_trace(&lat, 2, nodes, 1, (const int32_t[2]){-1, 1}, 0, &n, 0, 0, 0) == HM_ERR_RANGE);
}

static void pieces_beyond_the_capacity_are_counted_only(void)
{
    const hm_lattice_t lat = made(3, 3, 4, 5);
    const double nodes[6] = {0.0, 10.0, 10.0, 100.0, 10.0, 10.0};
    const int32_t ends[2] = {0, 1};
    int64_t n = 0;
    length[2] = -1.0;
    HM_CHECK(hm_vessels_trace(&lat, 2, nodes, 1, ends, 2, &n, segment, site, length) == HM_OK);
    HM_CHECK(n == 5 && length[1] > 0.0 && length[2] < 0.0);
}

/* Three segments in one site: the longest that counts stands for it, of equal ones the first in space. */
static void the_longest_piece_that_counts_stands_for_a_place(void)
{
    const double nodes[18] = {9.0, 5.0, 5.0, 1.0, 5.0, 5.0, 5.0, 1.0, 5.0, 5.0, 9.0, 5.0, 2.0, 2.0, 2.0, 3.0, 2.0, 2.0};
    const int32_t ends[6] = {0, 1, 2, 3, 4, 5}, swapped[6] = {2, 3, 1, 0, 5, 4}, of[3] = {0, 1, 2};
    const int64_t place[3] = {1, 1, 1};
    const double lengths[3] = {8.0, 8.0, 1.0};
    int32_t best[2];
    hm_vessels_longest(nodes, ends, (const uint8_t[3]){1, 1, 1}, 3, of, place, lengths, 2, best);
    HM_CHECK(best[0] == -1 && best[1] == 0);
    hm_vessels_longest(nodes, swapped, (const uint8_t[3]){1, 1, 1}, 3, of, place, lengths, 2, best);
    HM_CHECK(best[1] == 1);
    hm_vessels_longest(nodes, ends, (const uint8_t[3]){0, 1, 1}, 3, of, place, lengths, 2, best);
    HM_CHECK(best[1] == 1);
    hm_vessels_longest(nodes, ends, (const uint8_t[3]){0, 0, 1}, 3, of, place, lengths, 2, best);
    HM_CHECK(best[1] == 2);
    hm_vessels_longest(nodes, ends, (const uint8_t[3]){0, 0, 0}, 3, of, place, lengths, 2, best);
    HM_CHECK(best[1] == -1);
}

int main(void)
{
    the_longest_piece_that_counts_stands_for_a_place();
    a_segment_along_x_has_a_piece_per_site();
    a_diagonal_through_corners_has_no_spurious_pieces();
    a_segment_along_the_far_side_belongs_inside();
    a_point_has_no_pieces();
    lengths_add_up();
    nodes_outside_are_refused();
    node_numbers_out_of_range_are_refused();
    pieces_beyond_the_capacity_are_counted_only();
    return HM_REPORT();
}
