"""The one-dimensional continuum equation of the paper, by a small solver of its own.

    n_t = D n_xx - (n v)_x,   v = chi / (1 + alpha c) c_x + rho f_x,   nothing crosses the sides,
    c_t = -eta n c,           f_t = beta n - gamma n f

in the paper's units (L = 2 mm, 38.3 h). Finite volumes with exponentially fitted fluxes
(Scharfetter & Gummel), which stay positive at any cell Peclet number, in time an implicit method
of SciPy's. It shares no code with hybridmet.
"""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

D, CHI, ALPHA, RHO = 3.5e-4, 0.38, 0.6, 0.34
ETA, BETA, GAMMA = 0.1, 0.05, 0.1
UNIT_H = 0.2**2 / 2.9e-7 / 3600.0
"""Unit of time [h]."""
UNIT_UM = 2000.0
"""Unit of length [um]."""
CELLS = 800


def solve(times, start: float, *, coupled: bool, density: float = 1.0):
    """x (m,), and n (times, m) that sums to 1, from all cells at `start`.

    `coupled`: tips change c and f; then `density` is the number of tips per site of 0.005 that
    n stands for, over all rows.
    """
    x = (np.arange(CELLS) + 0.5) / CELLS
    n = np.zeros(CELLS)
    at = start * CELLS - 0.5
    low = int(np.floor(at))
    n[low : low + 2] = 1.0 - (at - low), at - low
    c, f = np.exp(-((1.0 - x) ** 2) / 0.45), 0.75 * np.exp(-(x**2) / 0.45)
    scale = density * 0.005 * CELLS  # n per cell to tips per site
    if not coupled:
        speed = _speed(c, f)
        answer = _integrate(lambda t, n: _change(n, speed), n, times)
        return x, answer
    answer = _integrate(lambda t, y: _coupled(y, scale), np.concatenate([n, c, f]), times)
    return x, answer[:, :CELLS]


def _integrate(rate, start, times) -> np.ndarray:
    size = len(start) // CELLS
    pattern = np.kron(np.ones((size, size)), _near())
    done = solve_ivp(
        rate, (0.0, times[-1]), start, method="BDF", t_eval=times, rtol=1e-6, atol=1e-10,
        jac_sparsity=pattern,
    )  # fmt: skip
    assert done.success, done.message
    return done.y.T


def _near() -> np.ndarray:
    return sum(np.eye(CELLS, k=k) for k in (-2, -1, 0, 1, 2))


def _speed(c, f) -> np.ndarray:
    """v at the inner faces: (CELLS - 1,)."""
    level = 0.5 * (c[1:] + c[:-1])
    return (CHI / (1.0 + ALPHA * level) * np.diff(c) + RHO * np.diff(f)) * CELLS


def _change(n, speed) -> np.ndarray:
    peclet = speed / (D * CELLS)
    flux = D * CELLS * (_bernoulli(-peclet) * n[:-1] - _bernoulli(peclet) * n[1:])
    return CELLS * (np.concatenate([[0.0], flux]) - np.concatenate([flux, [0.0]]))


def _bernoulli(z) -> np.ndarray:
    """z / (e^z - 1)."""
    small = np.abs(z) < 1e-6
    safe = np.where(small, 1.0, z)
    return np.where(small, 1.0 - 0.5 * z, safe / np.expm1(safe))


def _coupled(y, scale: float) -> np.ndarray:
    n, c, f = y.reshape(3, CELLS)
    tips = scale * n
    return np.concatenate(
        [_change(n, _speed(c, f)), -ETA * tips * c, BETA * tips - GAMMA * tips * f]
    )


def turning_point() -> float:
    """Where the drift of the initial fields becomes 0."""

    def drift(x: float) -> float:
        c, f = np.exp(-((1.0 - x) ** 2) / 0.45), 0.75 * np.exp(-(x**2) / 0.45)
        return CHI / (1.0 + ALPHA * c) * c * (1.0 - x) - RHO * f * x

    return brentq(drift, 0.5, 0.99)


def moments(x, n) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the position at each time."""
    total = n.sum(axis=1)
    mean = n @ x / total
    return mean, np.sqrt(n @ x**2 / total - mean**2)
