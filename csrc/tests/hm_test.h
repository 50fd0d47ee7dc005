/* The smallest test harness: HM_CHECK counts and reports, HM_REPORT ends main. */
#ifndef HM_TEST_H
#define HM_TEST_H

#include <stdio.h>

static int hm_test_failed = 0;
static int hm_test_checked = 0;

#define HM_CHECK(condition)                                                            \
    do {                                                                               \
        hm_test_checked++;                                                             \
        if (!(condition)) {                                                            \
            hm_test_failed++;                                                          \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);    \
        }                                                                              \
    } while (0)

#define HM_REPORT() (printf("%d checks, %d failed\n", hm_test_checked, hm_test_failed), hm_test_failed != 0)

#endif
