/* Status codes and thread policy shared by all kernels. */
#ifndef HM_CORE_H
#define HM_CORE_H

#include <stdint.h>

enum hm_status {
    HM_OK = 0,
    HM_ERR_ARGUMENT = -1,   /* a size or parameter the caller must not pass */
    HM_ERR_NOT_FINITE = -2, /* NaN or infinity in a result */
    HM_ERR_CONVERGENCE = -3,/* an iteration stopped above its tolerance */
    HM_ERR_FULL = -4,       /* the caller's output table is too small */
    HM_ERR_RANGE = -5       /* an index outside its table */
};

/* One sentence for a status code, never NULL. */
const char *hm_status_text(int status);

/* 1 if compiled with OpenMP. */
int hm_has_openmp(void);

/* Compile a function for several instruction sets; the machine picks at load time. For loops
 * over integers, whose results are the same in all of them. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define HM_WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HM_WIDEST
#endif

/* Ask for memory that will be read, or written, soon. */
#if defined(__GNUC__)
#define HM_FETCH(address) __builtin_prefetch((address), 0)
#define HM_FETCH_TO_WRITE(address) __builtin_prefetch((address), 1)
#else
#define HM_FETCH(address) ((void)(address))
#define HM_FETCH_TO_WRITE(address) ((void)(address))
#endif

/* Threads worth using for n items: below `HM_SERIAL_BELOW` one thread is faster. Tests set it to 2. */
#ifndef HM_SERIAL_BELOW
#define HM_SERIAL_BELOW 32768
#endif
int hm_threads_for(int64_t n, int num_threads);

#endif
