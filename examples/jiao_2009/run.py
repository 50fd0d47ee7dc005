"""Colorectal cancer with liver metastases: which vessels carry how many CTCs.

    python run.py
"""

from pathlib import Path

import numpy as np

from hybridmet import Simulation
from hybridmet.measures.blood_draw import concentrations

HERE = Path(__file__).parent
PUBLISHED = {
    "portal_vein": "above artery and peripheral vein",
    "hepatic_vein": "above artery and peripheral vein",
    "radial_artery": "below portal and hepatic vein",
    "cubital_vein": "below portal and hepatic vein",
}
"""Jiao et al. 2009, J Clin Oncol 27:6160: the ordering of the compartments."""


def steady(simulation: Simulation) -> dict[str, float]:
    """Concentrations under the sources' constant influx, from the linear solver [1/mL]."""
    circulation = simulation.patient.circulation
    influx: dict[str, float] = {}
    for source in circulation.sources:
        for node, share in source.drains.items():
            influx[node] = influx.get(node, 0.0) + share * source.parameters.rate
    total = np.zeros(len(circulation.network.names))
    for diameter, part in ((15.0, 0.8), (12.0, 0.2)):
        for cells, share in ((1, 0.97), (2, 0.02), (5, 0.01)):
            means = circulation.expected(diameter, cells).concentration(influx)
            total += means * cells * share * part
    return concentrations(circulation.network, total)


def main() -> dict[str, float]:
    simulation = Simulation.from_scenario(HERE / "scenario.toml").run()
    rows = [row for row in simulation.patient.draws.rows if row.phenotype == "all"]
    linear = steady(simulation)
    print("vessel               drawn per 7.5 mL   state of the model   linear solver   published")
    found = {}
    for vessel in dict.fromkeys(row.vessel for row in rows):
        mine = [row for row in rows if row.vessel == vessel]
        drawn = np.mean([row.cells for row in mine])
        error = np.std([row.cells for row in mine]) / np.sqrt(len(mine))
        found[vessel] = np.mean([row.expected_cells for row in mine])
        print(
            f"{vessel:20} {drawn:7.2f} +- {error:5.2f} {found[vessel]:19.2f}"
            f" {7.5 * linear[vessel]:15.2f}   {PUBLISHED.get(vessel, '-')}"
        )
    near = min(found["portal_vein"], found["hepatic_vein"])
    far = max(found["radial_artery"], found["cubital_vein"])
    print(
        f"\nportal and hepatic vein above artery and arm vein: {near > far} ({near / far:.1f} fold)"
    )
    print(
        "inputs: the sources' rates and arrest probabilities (Catenacci 2015 fixes their product);"
    )
    print("comes out: the ordering; not compared: counts, which depend on the rates.")
    return found


if __name__ == "__main__":
    main()
