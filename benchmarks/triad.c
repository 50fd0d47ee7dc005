/* STREAM's triad a = b + c d (McCalpin 1995), the yardstick of the field benchmarks.
 *
 * hm_triad(n, repeats, threads) returns the best bandwidth [bytes/s] of `repeats` passes over
 * three arrays of n doubles; a written value is counted once, as STREAM does. */
#include <omp.h>
#include <stddef.h>
#include <stdlib.h>

double hm_triad(size_t n, int repeats, int threads)
{
    double *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b), *c = malloc(n * sizeof *c);
    double best = 0.0;
    if (a && b && c) {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t i = 0; i < n; i++) a[i] = 0.0, b[i] = 1.0, c[i] = 2.0;
        for (int k = 0; k < repeats; k++) {
            const double factor = 3.0 + k, start = omp_get_wtime();
#pragma omp parallel for num_threads(threads) schedule(static)
            for (size_t i = 0; i < n; i++) a[i] = b[i] + factor * c[i];
            const double bandwidth = 3.0 * (double)n * sizeof *a / (omp_get_wtime() - start);
            best = bandwidth > best ? bandwidth : best;
        }
    }
    free(a);
    free(b);
    free(c);
    return best;
}
