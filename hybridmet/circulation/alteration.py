"""What changes a CTC in the blood: a cell parts from its cluster, or takes another phenotype.

The walk pauses at the moment of the change (csrc/hm_transit.h); here the cluster is altered, and
it walks on from the same moment. Who parts or changes is keyed by (cluster, event number).
"""

import numpy as np

from hybridmet.circulation.ctc_traits import CtcTraits
from hybridmet.circulation.transit import COLUMNS, PARTING, RESUME, Transit
from hybridmet.random import Stream, uniform_of
from hybridmet.tables import BLOOD_EVENT, BLOOD_EVENTS

WHO, WHAT = range(2)
"""Draw numbers within Stream.CTC_CHANGES."""


def altered(
    transit: Transit, cargo: np.ndarray, rows: np.ndarray, traits: CtcTraits
) -> tuple[np.ndarray, np.ndarray]:
    """Alter the paused `rows` (n,) of the walk and let them go on.

    `cargo` (cells,) CTC in order of (cluster, ctc). Returns the new cargo and the events.
    """
    events = _recorded(transit.columns, rows)
    first = np.cumsum(transit.columns["cells"], dtype=np.int64) - transit.columns["cells"]
    parting = transit.columns["pause"][rows] == PARTING
    cargo = cargo.copy()
    _change(transit, cargo, rows[~parting], first, traits)
    parted = _part(transit, cargo, rows[parting], first)
    cargo = cargo[np.lexsort((cargo["ctc"], cargo["cluster"]))]
    transit.columns["pause"][rows] = RESUME
    changed = np.concatenate([transit.columns["serial"][rows], parted["serial"]])
    transit.columns["cells"][rows[parting]] -= 1
    transit.add(parted)
    _refresh(transit, cargo, changed, traits)
    return cargo, events


def _recorded(columns: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    parting = columns["pause"][rows] == PARTING
    table = np.empty(len(rows), BLOOD_EVENT)
    table["time"], table["cluster"] = columns["next_time"][rows], columns["serial"][rows]
    table["cells"], table["node"] = columns["cells"][rows] - parting, columns["node"][rows]
    names = ("phenotype_change", "parting")
    table["event"] = np.array([BLOOD_EVENTS.index(name) for name in names])[parting.astype(int)]
    return table


def _draw(transit: Transit, rows: np.ndarray, draw: int) -> np.ndarray:
    serial, event = transit.columns["serial"][rows], transit.columns["event"][rows]
    return uniform_of(transit.seed, Stream.CTC_CHANGES, serial, event, draw)


def _part(transit: Transit, cargo: np.ndarray, rows: np.ndarray, first: np.ndarray) -> dict:
    """One cell of each cluster becomes a CTC of its own; returns the new rows of the walk.

    Any but the first may part (ASSUMED), so that the cluster keeps the serial number that
    identifies it; the cell walks under its own.
    """
    others = transit.columns["cells"][rows].astype(np.int64) - 1
    chosen = first[rows] + 1 + np.floor(_draw(transit, rows, WHO) * others).astype(np.int64)
    cargo["cluster"][chosen] = cargo["ctc"][chosen]
    new = {name: transit.columns[name][rows] for name in COLUMNS}
    new["serial"], new["cells"] = cargo["ctc"][chosen], np.ones(len(rows), COLUMNS["cells"])
    new["pause"] = np.full(len(rows), RESUME, COLUMNS["pause"])
    new["event"] = np.zeros(len(rows), COLUMNS["event"])
    return new


def _change(
    transit: Transit, cargo: np.ndarray, rows: np.ndarray, first: np.ndarray, traits: CtcTraits
) -> None:
    """One cell of each cluster, drawn by its rate, takes another phenotype."""
    if not len(rows):
        return
    size = transit.columns["cells"][rows].astype(np.int64)
    begin = np.cumsum(size) - size
    where = np.repeat(first[rows] - begin, size) + np.arange(size.sum())
    total = np.concatenate([[0.0], np.cumsum(traits.change_rate(cargo[where]))])
    low, high = total[begin], total[begin + size]
    aim = low + _draw(transit, rows, WHO) * (high - low)
    chosen = np.clip(np.searchsorted(total, aim, side="right") - 1, begin, begin + size - 1)
    cells = where[chosen]
    cargo[cells] = traits.changed(cargo[cells], _draw(transit, rows, WHAT))


def _refresh(transit: Transit, cargo: np.ndarray, serials: np.ndarray, traits: CtcTraits) -> None:
    """Columns of the clusters with these serial numbers from the cells they hold now."""
    rows = np.searchsorted(transit.columns["serial"], np.sort(serials))
    size = transit.columns["cells"].astype(np.int64)
    first = np.cumsum(size) - size
    begin = np.cumsum(size[rows]) - size[rows]
    where = np.repeat(first[rows] - begin, size[rows]) + np.arange(size[rows].sum())
    for name, values in traits.of_clusters(cargo[where], begin).items():
        transit.columns[name][rows] = values
