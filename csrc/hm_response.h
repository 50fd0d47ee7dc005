/* How a field changes a rate. */
#ifndef HM_RESPONSE_H
#define HM_RESPONSE_H

#include <math.h>
#include <stdint.h>

/* The rate of a behaviour is multiplied by 1 + (extreme - 1) H, H = u^n / (K^n + u^n)
 * (or u > K for a threshold), or 1 - H where the response is to low values. */
typedef struct {
    int32_t behaviour, field, threshold, low;
    double half_maximum, power, extreme;
} hm_response_t;

static inline double hm_power_of(double x, double n)
{
    const int k = (int)n;
    if ((double)k != n || k > 16) return pow(x, n);
    double y = 1.0;
    for (int i = 0; i < k; i++) y *= x;
    return y;
}

static inline double hm_response_factor(const hm_response_t *r, double u)
{
    double h;
    if (r->threshold) {
        h = u > r->half_maximum ? 1.0 : 0.0;
    } else {
        const double un = hm_power_of(u > 0.0 ? u / r->half_maximum : 0.0, r->power);
        h = isinf(un) ? 1.0 : un / (1.0 + un);
    }
    return 1.0 + (r->extreme - 1.0) * (r->low ? 1.0 - h : h);
}

#endif
