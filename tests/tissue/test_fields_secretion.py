"""Secretion that responds to other fields: VEGF where oxygen is low."""

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.scenario import loads_scenario
from hybridmet.tissue import kinetics
from hybridmet.tissue.cells import DEBRIS, DORMANT, kind_of
from hybridmet.tissue.field_parameters import VEGF
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields
from hybridmet.tissue.phenotypes import HYPOXIC_VEGF, Phenotype, Response, SaturableUptake
from tests.tissue.field_problems import NO_VESSELS, bytes_of, scattered_vessels

THRESHOLD = Response(
    "secretion", "ecm", "low", half_maximum=0.4, extreme=3.0, shape="threshold", target="vegf"
)
SMOOTH = Response("secretion", "oxygen", "low", 5.0, 4.0, power=2.5, target="vegf")
PHENOTYPES = {
    "hypoxic": Phenotype(secretion_rates={"vegf": 0.6}, responses=(HYPOXIC_VEGF,)),
    "always": Phenotype(secretion_rates={"vegf": 0.2}, responses=()),
    "both": Phenotype(secretion_rates={"vegf": 0.3}, responses=(SMOOTH, THRESHOLD)),
}
OXYGEN = FieldParameters(
    kind="quasi-steady", diffusivity=8.7e6, background_uptake_rate=195.0, blood_value=20.0
)
ECM = FieldParameters(kind="immobile", initial=1.0)


def tables(phenotypes=PHENOTYPES, fields=("oxygen", "vegf", "ecm")) -> CellTables:
    responding = {f: kinetics.responding_secretion(phenotypes, f) for f in fields}
    saturable = {f: kinetics.saturable_per_kind(phenotypes, f) for f in fields}
    return CellTables(
        uptake={"oxygen": kinetics.per_kind(phenotypes, "uptake_rates", "oxygen")},
        secretion={f: kinetics.plain_secretion(phenotypes, f) for f in fields},
        responding={f: r for f, r in responding.items() if r is not None},
        saturable={f: s for f, s in saturable.items() if s is not None},
    )


def made(lattice: Lattice, precision="float64", order=("oxygen", "vegf", "ecm")) -> Fields:
    parameters = {"oxygen": OXYGEN, "vegf": VEGF, "ecm": ECM}
    fields = Fields(lattice, {name: parameters[name] for name in order}, precision)
    rng = np.random.default_rng(3)
    fields["ecm"][...] = rng.random(lattice.shape)
    return fields


def crowd(lattice: Lattice, slots: int) -> np.ndarray:
    """Cells of all kinds, the asleep and the dead among them: padded cell bytes."""
    kinds = [0, 0, *(kind_of(n) for n in range(3)), kind_of(0, DORMANT), kind_of(2, DEBRIS)]
    kind = lattice.padded(0, np.uint8, slots)
    interior = lattice.interior(kind)
    interior[...] = np.random.default_rng(1).choice(kinds, interior.shape)
    return kind


def wanted(fields: Fields, kind: np.ndarray) -> np.ndarray:
    """Secretion of each site, written out."""
    oxygen, ecm = fields["oxygen"].astype(float), fields["ecm"].astype(float)
    hill = (oxygen / 8.0) ** 4 / (1.0 + (oxygen / 8.0) ** 4)
    smooth = (oxygen / 5.0) ** 2.5 / (1.0 + (oxygen / 5.0) ** 2.5)
    of_kind = {
        kind_of(0): 0.6 * (1.0 - hill),
        kind_of(0, DORMANT): 0.6 * (1.0 - hill),
        kind_of(1): np.full_like(oxygen, 0.2),
        kind_of(2): 0.3 * (1.0 + 3.0 * (1.0 - smooth)) * np.where(ecm > 0.4, 1.0, 3.0),
    }
    cells = fields.lattice.interior(kind)
    return sum((cells == k).sum(axis=-1) * rate for k, rate in of_kind.items())


@pytest.mark.parametrize(("precision", "error"), [("float64", 1e-13), ("float32", 1e-6)])
@pytest.mark.parametrize(("shape", "slots"), [((9, 7, 11), 1), ((30, 41), 3)])
def test_cells_secrete_by_what_their_sites_hold(shape, slots, precision, error):
    lattice = Lattice(shape)
    fields, kind = made(lattice, precision), crowd(lattice, slots)
    vessels = scattered_vessels(lattice, 0.03, 4000.0, field="oxygen")
    fields.step(1.0, kind, tables(), vessels, threads=2)
    assert np.ptp(fields["oxygen"]) > 1.0
    _, source = fields.rates("vegf", kind, tables(), vessels)
    np.testing.assert_allclose(source, wanted(fields, kind), rtol=error, atol=error)


def test_the_solution_takes_what_is_secreted():
    """Nothing crosses the sides: decay times the mean is the mean secretion."""
    lattice = Lattice((40, 40))
    fields, kind = made(lattice), crowd(lattice, 1)
    fields.step(1.0, kind, tables(), NO_VESSELS)
    mean = wanted(fields, kind).mean()
    assert fields["vegf"].mean() * VEGF.decay_rate == pytest.approx(mean, rel=1e-4)


def test_signals_are_solved_first_whatever_their_order():
    lattice = Lattice((24, 24))
    kind, vessels = crowd(lattice, 1), scattered_vessels(lattice, 0.05, 4000.0, field="oxygen")
    found = []
    for order in (("oxygen", "vegf", "ecm"), ("ecm", "vegf", "oxygen")):
        fields = made(lattice, order=order)
        fields.equilibrate(kind, tables(), vessels)
        found.append(fields["vegf"].copy())
    assert found[0].max() > 0.0
    np.testing.assert_array_equal(found[0], found[1])


def test_newton_sees_the_secretion_too():
    """With saturable uptake of VEGF the balance of the steady state closes."""
    taking = {
        name: Phenotype(
            secretion_rates=p.secretion_rates,
            responses=p.responses,
            saturable_uptake={"vegf": SaturableUptake(0.3, 0.5)},
        )
        for name, p in PHENOTYPES.items()
    }
    lattice = Lattice((32, 32))
    fields, kind = made(lattice), crowd(lattice, 1)
    fields.step(1.0, kind, tables(taking), NO_VESSELS)
    vegf, cells = fields["vegf"], lattice.interior(kind)[..., 0]
    eating = np.isin(cells, [kind_of(n) for n in range(3)] + [kind_of(0, DORMANT)])
    eaten = np.where(eating, 0.3 * vegf / (0.5 + vegf), 0.0)
    balance = wanted(fields, kind) - eaten - VEGF.decay_rate * vegf
    assert abs(balance.mean()) < 1e-4 * wanted(fields, kind).mean()


def test_a_settled_field_waits_for_its_signals():
    """Oxygen keeps its value while nothing changes, and so does what responds to it alone."""
    lattice = Lattice((16, 16))
    kind = crowd(lattice, 1)
    only = {"hypoxic": PHENOTYPES["hypoxic"]}
    kind[kind > 3] = 0
    for phenotypes, skipped in ((only, True), (PHENOTYPES, False)):
        fields = made(lattice)
        fields.step(1.0, kind, tables(phenotypes), NO_VESSELS)
        report = fields.step(1.0, kind, tables(phenotypes), NO_VESSELS, unchanged=True)
        assert report["oxygen"].skipped and report["vegf"].skipped is skipped


def test_an_immobile_field_can_be_laid_down_in_response():
    lattice = Lattice((12, 12))
    response = Response("secretion", "oxygen", "high", 8.0, 0.0, target="scar")
    phenotypes = {"a": Phenotype(secretion_rates={"scar": 0.5}, responses=(response,))}
    fields = Fields(lattice, {"oxygen": OXYGEN, "scar": FieldParameters(kind="immobile")})
    kind = bytes_of(lattice, kind_of(0))
    given = tables(phenotypes, ("oxygen", "scar"))
    fields.step(2.0, kind, given, NO_VESSELS)
    np.testing.assert_allclose(fields["scar"], 1.0, rtol=1e-12)  # no oxygen at all: 2 h of 0.5


def test_a_scenario_names_vegf_and_nothing_else():
    """Owen et al. 2009: D = 1e-5 cm^2/min, secretion and decay 0.01 / min."""
    scenario = loads_scenario('name = "a"\nduration = "1 d"\nfields.vegf = {}\n')
    vegf = scenario.fields["vegf"]
    assert vegf == VEGF
    assert (vegf.diffusivity, vegf.decay_rate) == pytest.approx((1e-5 * 1e8 * 60, 0.01 * 60))
    for phenotype in scenario.phenotypes.values():
        assert phenotype.secretion_rates["vegf"] == pytest.approx(0.01 * 60)
        assert HYPOXIC_VEGF in phenotype.responses


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("", r'responses\[0\].*must name a field where the behaviour is "secretion"'),
        ('target = "vgf"\n', "unknown field, did you mean .*vegf"),
    ],
)
def test_a_secretion_without_a_field_is_refused(target, message):
    text = (
        'name = "a"\nduration = "1 d"\n[fields.vegf]\n[[phenotypes.epithelial.responses]]\n'
        'behaviour = "secretion"\nfield = "oxygen"\nwhen = "low"\nhalf_maximum = 8.0\nextreme = 2.0\n'
    )
    with pytest.raises(ScenarioError, match=message):
        loads_scenario(text + target)
