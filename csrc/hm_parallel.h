/* Threads within one parallel region, and run-time dispatch to wider vectors.
 *
 * A region costs 0.5 to 60 us, so a solver opens one and lets every kernel work on the rows
 * of its thread: kernels take a half-open range of rows, hm_team_range() cuts it, and
 * hm_team_barrier() separates the stages. Which thread does which row never matters for the
 * result: kernels write disjoint rows and reduce by maximum only.
 */
#ifndef HM_PARALLEL_H
#define HM_PARALLEL_H

#include <stdint.h>

#include "hm_core.h"

#ifdef _OPENMP
#include <omp.h>
#define HM_PRAGMA(text) _Pragma(#text)
#define HM_OMP(...) HM_PRAGMA(omp __VA_ARGS__)
#define HM_PARALLEL(threads) HM_OMP(parallel num_threads(threads))
#else
#define HM_OMP(...)
#define HM_PARALLEL(threads) if ((threads) > 0)
#endif

/* Compiled for AVX-512, for AVX2 and for the baseline, and chosen when the library is loaded. All
 * give the same bits: no contraction, no reassociation (setup.py). */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HM_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HM_CLONES
#endif

#if defined(__GNUC__)
#define HM_INLINE static inline __attribute__((always_inline))
#else
#define HM_INLINE static inline
#endif

#define HM_TEAM_MAX 256

typedef struct {
    int rank, size;
} hm_team_t;

/* Threads of the team that works on n sites. */
static inline int hm_team_size_for(int64_t n, int num_threads)
{
    const int threads = hm_threads_for(n, num_threads);
    return threads > HM_TEAM_MAX ? HM_TEAM_MAX : threads;
}

static inline hm_team_t hm_team_alone(void) { return (hm_team_t){.rank = 0, .size = 1}; }

/* The calling thread's place in the innermost region. */
static inline hm_team_t hm_team_here(void)
{
#ifdef _OPENMP
    return (hm_team_t){.rank = omp_get_thread_num(), .size = omp_get_num_threads()};
#else
    return hm_team_alone();
#endif
}

static inline void hm_team_barrier(hm_team_t team)
{
    if (team.size > 1) {
        HM_OMP(barrier)
    }
}

typedef struct {
    int64_t lo, hi;
} hm_range_t;

/* The thread's share of n rows. */
static inline hm_range_t hm_team_range(hm_team_t team, int64_t n)
{
    return (hm_range_t){.lo = n * team.rank / team.size, .hi = n * (team.rank + 1) / team.size};
}

/* The bits of x; negative where x is. */
HM_INLINE int64_t hm_bits(double x)
{
    union { double f; int64_t i; } pun = {.f = x};
    return pun.i;
}

HM_INLINE double hm_from_bits(int64_t bits)
{
    union { int64_t i; double f; } pun = {.i = bits};
    return pun.f;
}

#endif
