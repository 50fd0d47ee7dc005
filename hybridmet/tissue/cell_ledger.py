"""The ledger of a lattice's cells: stocks are recounted, flows are counted at the events."""

from collections.abc import Mapping

from hybridmet.errors import LedgerError

LOSSES = ("died_apoptosis", "died_necrosis", "died_dormant", "intravasated", "removed")
FLOWS = ("initial", "born", "seeded", *LOSSES, "cleared", "failed_no_room")


def cell_ledger(flows: Mapping[str, int], living: int, debris: int) -> dict[str, int]:
    """initial + born + seeded = living + died + intravasated + removed, and
    died_necrosis = debris + cleared; `imbalance` is 0."""
    flow = {name: flows.get(name, 0) for name in FLOWS}
    stock = {"living": living, "debris": debris}
    came = flow["initial"] + flow["born"] + flow["seeded"]
    went = sum(flow[name] for name in LOSSES) + living
    rotten = flow["died_necrosis"] - flow["cleared"] - debris
    return flow | stock | {"imbalance": abs(came - went) + abs(rotten)}


def check_cell_ledger(name: str, ledger: Mapping[str, int]) -> None:
    """Raise LedgerError if cells were lost or made."""
    if ledger["imbalance"] != 0:
        raise LedgerError(f"{name}: {dict(ledger)}")
