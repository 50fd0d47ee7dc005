"""Bridge to the C kernels in csrc/: it checks arguments, releases the GIL and calls.

There is no algorithm here.
"""

import os

# An idle OpenMP thread may spin for some 50 us and then sleeps: endless spinning
# collapses under foreign load, sleeping at once costs 58 us a region.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
