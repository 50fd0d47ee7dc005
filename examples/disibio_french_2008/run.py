"""Soil factors fitted to autopsies, and what they foretell of primaries that were held out.

    python run.py
"""

from pathlib import Path

from hybridmet import Simulation
from hybridmet.circulation.body import body_network
from hybridmet.circulation.capillary_bed import capillary_beds
from hybridmet.circulation.expected import Expected
from hybridmet.measures.efficiency import DIAMETER
from hybridmet.measures.incidence import BEDS_OF_SITE, CITATION, PRIMARY_OF_SITE, site_counts
from hybridmet.measures.soil_fit import SoilFit, fit_soil
from hybridmet.measures.soil_prediction import (
    FLOW_ALONE,
    FLOW_AND_SOIL,
    MODELS,
    NEITHER,
    SOIL_ALONE,
    Prediction,
    held_out,
    mean_rms,
    predict,
    rms_beyond,
    rms_of_chance,
    site_flux,
)

HERE = Path(__file__).parent
HELD_OUT = ("breast", "liver")
"""Primaries of examples/population, which use the soil fitted to the others."""


PAIRS = (
    (FLOW_AND_SOIL, SOIL_ALONE),
    (FLOW_AND_SOIL, NEITHER),
    (FLOW_ALONE, NEITHER),
    (SOIL_ALONE, NEITHER),
)
"""Models whose errors are compared, primary by primary."""


def data() -> tuple[dict, dict]:
    """Cases by primary and site, and extravasations per CTC by primary and site."""
    parameters = Simulation.from_scenario(HERE / "scenario.toml").scenario.circulation
    observed, flux = {}, {}
    for site, primary in PRIMARY_OF_SITE.items():
        network = body_network(parameters, [site])
        beds = capillary_beds(network, parameters.beds)
        observed[site] = site_counts(primary)
        means = Expected(network, beds, parameters, DIAMETER)
        flux[site] = site_flux(means, network.drainage(site))
    return observed, flux


def print_errors(title: str, predictions: list[Prediction]) -> None:
    """A line for each primary: the errors of the models; then their means and how far they are
    from each other."""
    print(f"\n{title}\n{'':12}" + "".join(f"{name:>23}" for name in MODELS))
    print(f"{'held out':12}" + f"{'rms':>9}{'dev.':>7}{'rank':>7}" * len(MODELS))
    for p in predictions:
        errors = [p.errors[name] for name in MODELS]
        cells = (f"{e.rms:9.3f}{e.deviance:7.1f}{e.spearman:7.2f}" for e in errors)
        print(f"{p.primary:12}" + "".join(cells))
    print(f"{'mean':12}" + "".join(
        f"{mean(predictions, name, 'rms'):9.3f}{mean(predictions, name, 'deviance'):7.1f}"
        f"{mean(predictions, name, 'spearman'):7.2f}" for name in MODELS
    ))  # fmt: skip


    for name in MODELS:
        print(f"  {name:15} mean rms {with_interval(mean_rms(predictions, name))}")
    for one, other in PAIRS:
        beyond = with_interval(rms_beyond(predictions, one, other), "+.3f")
        print(f"  {one} less {other}: {beyond}")


def with_interval(found: tuple[float, float, float], form: str = ".3f") -> str:
    mean, low, high = found
    return f"{mean:{form}} ({low:{form}} to {high:{form}})"


def mean(predictions: list[Prediction], model: str, error: str) -> float:
    return sum(getattr(p.errors[model], error) for p in predictions) / len(predictions)


def print_soil(fit: SoilFit) -> None:
    """The factors, and as a scenario takes them."""
    largest = max(fit.soil.values())
    print("\nsoil fitted without", " and ".join(HELD_OUT), "(geometric mean about 1)")
    for site, s in sorted(fit.soil.items(), key=lambda item: -item[1]):
        print(f"  {site:18} {s:8.3f}   survival {s / largest:.4f}")


def print_sites(p: Prediction) -> None:
    """Incidence of a held-out primary, site by site."""
    print(f"\n{p.primary}, held out: incidence in %\n{'':18} published  flow and soil  flow alone")
    print(f"{'':18} (n = {max(n for _, n in site_counts(PRIMARY_OF_SITE[p.primary]).values())})")
    for site, share in sorted(p.observed.items(), key=lambda item: -item[1]):
        both, flow = (100 * p.incidence[name][site] for name in MODELS[:2])
        print(f"{site:18} {100 * share:9.1f} {both:14.1f} {flow:11.1f}")


def survival(fit: SoilFit) -> dict[str, float]:
    """`soil.survival` by capillary bed: the factors over the largest."""
    largest = max(fit.soil.values())
    return {bed: s / largest for site, s in fit.soil.items() for bed in BEDS_OF_SITE[site]}


def main() -> dict:
    observed, flux = data()
    everything = fit_soil(observed, flux)
    print(f"all {len(observed)} primaries: deviance {everything.deviance:.0f} on "
          f"{everything.freedom} degrees of freedom")  # fmt: skip
    shape = held_out(observed, flux, observed, own_total=True)
    blind = held_out(observed, flux, observed, own_total=False)
    print("rms: error of incidence over the sites; dev.: binomial deviance a site, 1 if only")
    print("chance were left; rank: Spearman's correlation over the sites; intervals: bootstrap over")
    print("primaries, 95 %; neither: all sites of a primary alike, what the others must beat")
    chance = [rms_of_chance(counts) for counts in observed.values()]
    print(f"rms that the autopsies' number alone leaves: {sum(chance) / len(chance):.3f}")
    print_errors("each primary from the others; its total from itself", shape)
    print_errors("each primary from the others; nothing of it used", blind)
    known = [name for name in observed if name not in HELD_OUT]
    fit = fit_soil({name: observed[name] for name in known}, flux)
    print_soil(fit)
    for held in HELD_OUT:
        print_sites(predict(held, observed, flux, known, own_total=True))
    print(f"\nincidence: {CITATION}")
    print("inputs: flows, arrest probabilities, the incidence of all primaries but the one")
    print("foretold. Comes out: its distribution over organs. Missed: what soil per organ and")
    print("flow cannot say (contact and lymph, and which seed likes which soil): the deviance")
    print("stays far above 1 a site.")
    return {"shape": shape, "blind": blind, "survival": survival(fit), "fit": everything}


if __name__ == "__main__":
    main()
