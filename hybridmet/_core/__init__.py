"""Bridge to the C kernels in csrc/: it checks arguments, releases the GIL and calls.

There is no algorithm here.
"""

import os

# An idle OpenMP thread spins for some microseconds and then sleeps. Spinning for long collapses
# under foreign load (measured: tenfold), sleeping at once costs 58 us a region.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
