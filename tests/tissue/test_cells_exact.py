"""Exact statements about rates: kernel against theory, within three standard errors."""

import math

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import ACTIVE, DORMANT, EMPTY, kind_of
from tests.tissue.worlds import Run, World, full, phenotype

H = 20.0
DEBRIS_BYTE = kind_of(0, 2)


def spread(lattice: Lattice, apart: int, kind: int = kind_of(0), slots=(0,)) -> dict:
    """Cells `apart` sites from each other and half of that from the sides."""
    axes = [np.arange(apart // 2, n, apart) for n in lattice.shape]
    sites = np.ravel_multi_index(np.meshgrid(*axes, indexing="ij"), lattice.shape).reshape(-1)
    return {(int(site), slot): kind for site in sites for slot in slots}


def assert_share(count: int, n: int, probability: float) -> None:
    """A binomial count lies within three standard errors of its mean."""
    error = math.sqrt(n * probability * (1.0 - probability))
    assert abs(count - n * probability) <= 3.0 * error, (count / n, probability)


def assert_mean(values: np.ndarray, expected: float) -> None:
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - expected) <= 3.0 * error, (values.mean(), expected, error)


def displacements(run: Run) -> np.ndarray:
    """(n, dim) displacement of each cell from where it began [um], axes (z, y, x) or (y, x).

    A cell's clone is 1 + the number of its first site.
    """
    sites, slots = run.cells.occupied()
    shape = run.world.lattice.shape
    where = (*np.unravel_index(sites, shape), slots)
    home = run.cells.column("clone")[where].astype(np.int64) - 1
    moved = np.stack(where[:-1], axis=1) - np.stack(np.unravel_index(home, shape), axis=1)
    return moved * run.world.lattice.spacing


# Ten sub-steps move a cell ten sites at most: cells 21 sites apart cannot meet.
@pytest.mark.parametrize("shape", [(1050, 1050), (147, 147, 147)])
def test_mean_square_displacement_of_a_random_walk_is_2_d_D_t(shape):
    lattice = Lattice(shape, H)
    run = Run(World(lattice, [phenotype(motility=10.0)], spread(lattice, 21),
                    division_neighbours=2 * lattice.dim))  # fmt: skip
    run.step(5.0, 10)
    moved = displacements(run)
    assert run.flows["blocked"] == 0
    assert_mean((moved**2).sum(axis=1), 2 * lattice.dim * 10.0 * 5.0)
    for axis in range(lattice.dim):
        assert_mean(moved[:, axis], 0.0)


@pytest.mark.parametrize("axis", [0, 1])
def test_drift_is_the_taxis_coefficient_times_the_gradient(axis):
    lattice = Lattice((1050, 1050), H)
    gradient = 2e-3  # 1/um
    field = gradient * H * np.indices(lattice.shape)[axis]
    rules = phenotype(motility=10.0, taxis=[(0, 300.0)])
    run = Run(World(lattice, [rules], spread(lattice, 21), fields=[field]))
    run.step(5.0, 10)
    moved = displacements(run)
    assert run.flows["clamped"] == 0
    assert_mean(moved[:, axis], 300.0 * gradient * 5.0)
    assert_mean(moved[:, 1 - axis], 0.0)


def test_moves_take_their_share_linearly_and_other_hazards_share_the_rest():
    lattice = Lattice((900, 900), H)
    rates = {"division": 0.5, "death": 0.3, "necrosis": 0.2}
    rules = [phenotype(motility=60.0, transitions=[0.0, 0.4], **rates), phenotype()]
    run = Run(World(lattice, rules, spread(lattice, 3)))
    n, dt = run.number, 1.0
    run.step(dt, 1)
    moving = 4 * 60.0 * dt / H**2
    total = 0.5 + 0.3 + 0.2 + 0.4
    any_hazard = (1.0 - moving) * -math.expm1(-total * dt)
    # Three sites apart, no two cells can aim at the same site.
    wanted = {"died_apoptosis": 0.3, "died_necrosis": 0.2, "transitions": 0.4}
    for name, rate in wanted.items():
        assert_share(run.flows[name], n, any_hazard * rate / total)
    assert run.flows["blocked"] == 0
    assert_share(run.flows["moved"], n, moving)
    assert_share(run.flows["born"], n, any_hazard * 0.5 / total)


@pytest.mark.parametrize("n_sub", [1, 7])
def test_death_is_exponential_whatever_the_substep(n_sub):
    lattice = Lattice((200, 200), H)
    run = Run(World(lattice, [phenotype(death=0.2)], full(lattice)))
    for _ in range(5):
        run.step(2.0, n_sub)
        assert_share(run.number, lattice.sites, math.exp(-0.2 * run.time))


def test_a_dormant_cell_reactivates_with_probability_k_over_k_plus_d():
    lattice = Lattice((200, 200), H)
    k, d = 0.05, 0.15
    rules = [phenotype(reactivation=k, dormant_death=d)]
    run = Run(World(lattice, rules, full(lattice, kind_of(0, DORMANT))))
    while np.any(run.kind == kind_of(0, DORMANT)):
        run.step(10.0, 2)
    assert run.flows["reactivated"] == np.count_nonzero(run.kind == kind_of(0, ACTIVE))
    assert run.flows["reactivated"] + run.flows["died_dormant"] == lattice.sites
    assert_share(run.flows["reactivated"], lattice.sites, k / (k + d))


def extinct_by(t: float, b: float, d: float) -> float:
    """Chance that a birth-death process from one cell has died out by time t."""
    grown = math.exp((b - d) * t)
    return d * (grown - 1.0) / (b * grown - d)


def extinct_after_substeps(n: int, dt: float, b: float, d: float) -> float:
    """The same where each cell has at most one event a sub-step: the iterated generating
    function."""
    event = -math.expm1(-(b + d) * dt)
    birth, death = event * b / (b + d), event * d / (b + d)
    q = 0.0
    for _ in range(n):
        q = death + (1.0 - event) * q + birth * q * q
    return q


def test_a_line_dies_out_as_a_branching_process():
    """Crowding plays no part: 8 slots a site and 26 neighbours, lines 5 sites apart, so that a
    daughter practically always finds a free slot (the blocked ones are counted)."""
    lattice = Lattice((60, 60, 60), H, "periodic")
    b, d, t, n_sub = 1.0, 0.5, 6.0, 120
    founders = spread(lattice, 5)
    run = Run(World(lattice, [phenotype(division=b, death=d)], founders, slots=8,
                    division_neighbours=26))  # fmt: skip
    run.step(t, n_sub, threads=2)
    assert run.flows["blocked"] <= 1e-3 * run.flows["born"]
    clone = run.cells.column("clone").reshape(-1)
    alive = np.isin([1 + site * 8 + slot for site, slot in founders], clone[clone > 0])
    q = extinct_after_substeps(n_sub, t / n_sub, b, d)
    assert q == pytest.approx(extinct_by(t, b, d), rel=0.02)
    assert_share(int((~alive).sum()), len(alive), q)
    # Three founders together survive with 1 - q^3; for ever, 1 - (d/b)^3.
    threes = alive[: len(alive) // 3 * 3].reshape(-1, 3).any(axis=1)
    assert_share(int(threes.sum()), len(threes), 1.0 - q**3)
    assert 1.0 - q**3 == pytest.approx(1.0 - (d / b) ** 3, rel=0.02)


def test_entry_into_the_blood_is_a_hazard_per_wall_area():
    lattice = Lattice((200, 200), H)
    rate, area, dt = 1e-3, 150.0, 2.0
    rules = [phenotype(intravasation=rate, shedding=3 * rate)]
    sites = range(0, lattice.sites, 2)
    walls = {site: (area, area) if site < lattice.sites // 2 else (area, 0.0) for site in sites}
    run = Run(World(lattice, rules, full(lattice), walls=walls), capacity=lattice.sites)
    left = run.step(dt, 1)
    near = left[left["site"] < lattice.sites // 2]
    far = left[left["site"] >= lattice.sites // 2]
    n = lattice.sites // 4
    assert np.all(left["site"] % 2 == 0) and np.all(far["ruptured"] == 0)
    assert_share(len(near), n, -math.expm1(-4 * rate * area * dt))
    assert_share(len(far), n, -math.expm1(-rate * area * dt))
    assert_share(int(near["ruptured"].sum()), len(near), 0.75)


def test_a_touching_neighbour_goes_along_with_the_chance_of_cohesion():
    lattice = Lattice((300, 300), H)
    walls = {site: (100.0, 0.0) for site, _ in spread(lattice, 5)}
    rules = [phenotype(intravasation=1e-3, cohesion=0.3)]
    run = Run(World(lattice, rules, full(lattice), walls=walls), capacity=lattice.sites)
    left = run.step(1.0, 1)
    claimers, size = np.unique(left["claimer"], return_counts=True)
    assert_mean(size.astype(float), 1.0 + 4 * 0.3)
    assert size.max() == 5
    np.testing.assert_array_equal(claimers, np.sort(left["site"][left["site"] == left["claimer"]]))


def front_speed(dt: float, neighbours: int, seed: int = 1) -> float:
    """Sites per 1/b of a flat front that lays cells into random empty neighbours, b = 1.

    A window moves with the front; full columns well behind it are turned to debris, which does
    nothing. Births per width and time, from t = 200 to t = 1000.
    """
    height, length, begin, end, macro = 2048, 80, 200, 1000, 4
    lattice = Lattice((height, length), H, "periodic")
    world = World(lattice, [phenotype(division=1.0)], seed=seed, division_neighbours=neighbours)
    run = Run(world)
    kind = run.cells.column("kind")[..., 0]
    kind[:, : length // 4] = kind_of(0)
    born_before = 0
    for step in range(end // macro):
        if step == begin // macro:
            born_before = run.flows["born"]
        advance_window(kind)
        run.step(float(macro), round(macro / dt))
    return (run.flows["born"] - born_before) / height / (end - begin)


def advance_window(kind: np.ndarray) -> None:
    """Keep the front in the first part of the window, with debris behind it."""
    full_columns = np.all(kind != EMPTY, axis=0)
    behind = int(np.argmin(full_columns)) - 1  # its neighbours on both sides are full
    kind[:, :behind] = DEBRIS_BYTE
    shift = behind - 4
    if shift > 0:
        kind[:, :-shift] = kind[:, shift:].copy()
        kind[:, -shift:] = EMPTY
    assert not np.any(kind[:, -12:]), "the front has reached the end of the window"


@pytest.mark.slow
@pytest.mark.parametrize(("neighbours", "speed", "coarsest"), [(4, 1.281, 0.81), (8, 1.748, 0.76)])
def test_speed_of_a_flat_front_converges_to_the_asynchronous_one(neighbours, speed, coarsest):
    """`coarsest`: share of the speed left at b dt = 0.2, where mothers contest sites."""
    coarse, middle, fine = (front_speed(dt, neighbours) for dt in (0.2, 0.1, 0.05))
    assert coarse < middle < fine < speed
    assert coarse == pytest.approx(coarsest * speed, rel=0.02)
    extrapolated = (8.0 * fine - 6.0 * middle + coarse) / 3.0  # linear and quadratic term removed
    assert extrapolated == pytest.approx(speed, rel=0.01)
