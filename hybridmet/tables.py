"""What crosses between the scales and what is recorded: column tables, nothing else.

Each table is a one-dimensional NumPy structured array; a column is a view of it.
"""

import numpy as np

CTC = np.dtype(
    [
        ("time", "f8"),  # of intravasation [h]
        ("ctc", "u8"),  # serial number, from 1, in order (macro step, tissue, time, site, slot)
        ("cluster", "u8"),  # serial number of the cluster's first cell; a single cell is its own
        ("cluster_size", "u4"),  # cells that left together
        ("tissue", "u2"),  # lattice of origin, index in the patient's order of creation
        ("site", "i8"),  # global site it left
        ("slot", "u1"),
        ("ruptured", "u1"),  # 1: shed through a ruptured vessel, 0: through an intact wall
        ("phenotype", "u1"),
        ("clone", "u4"),
        ("founder", "u4"),  # serial number of the DTC that founded its colony; 0: initial cell
        ("diameter", "f4"),  # [um]
    ]
)
"""Cells that entered the blood, one row a cell."""

DTC = np.dtype(
    [
        *CTC.descr,
        ("arrival", "f8"),  # time of extravasation [h]
        ("bed", "u2"),  # node of the body network where it was arrested
        ("passes", "u4"),  # capillary beds entered, the last one included
        ("time_in_blood", "f8"),  # from intravasation to extravasation, arrest included [h]
        ("time_arrested", "f8"),  # part of it spent arrested [h]
    ]
)
"""Cells that left the blood alive, one row a cell."""

BLOOD_EVENT = np.dtype(
    [("time", "f8"), ("cluster", "u8"), ("cells", "u4"), ("event", "u1"), ("node", "u2")]
)
"""What happened to a CTC or cluster in the blood."""

ARREST, RELEASE, DEATH_IN_BLOOD, DEATH_ARRESTED, EXTRAVASATION = range(5)
DEATH_IMMUNE, DEATH_SHEAR, FILTRATION, PARTING, PHENOTYPE_CHANGE, DRAW = range(5, 11)
BLOOD_EVENTS = (
    "arrest",
    "release",
    "death_in_blood",  # of no stated cause
    "death_arrested",
    "extravasation",
    "death_immune",
    "death_shear",
    "filtration",
    "parting",  # a cell leaves its cluster; `cells` stay
    "phenotype_change",
    "draw",
)
"""Names of BLOOD_EVENT["event"]."""

SEEDING = np.dtype(
    [
        ("time", "f8"),  # [h]
        ("ctc", "u8"),
        ("tissue", "u2"),  # 65535 where no lattice stands
        ("outcome", "u1"),
        ("site", "i8"),  # -1 where it failed
        ("slot", "u1"),
    ]
)
"""What became of a DTC on arrival."""

SEEDED, NO_ROOM, SOIL = range(3)
SEEDING_OUTCOMES = ("seeded", "no_room", "soil")
"""Names of SEEDING["outcome"]."""

CELL = np.dtype(
    [
        ("site", "i8"),
        ("slot", "u1"),
        ("phenotype", "u1"),
        ("state", "u1"),
        ("clone", "u4"),
        ("founder", "u4"),
        ("age", "f4"),  # since its last division or, before that, since it was placed [h]
    ]
)
"""Cells of a lattice in the order (site, slot), necrotic ones included."""

PROLIFERATING, QUIESCENT, HYPOXIC, NECROTIC, DORMANT = range(5)
STATES = ("proliferating", "quiescent", "hypoxic", "necrotic", "dormant")
"""Names of CELL["state"]."""

COLONY = np.dtype(
    [
        ("organ", "U32"),
        ("bed", "U32"),
        ("founder_ctc", "u8"),
        ("founder_clone", "u4"),
        ("founder_phenotype", "U32"),
        ("parent_organ", "U32"),
        ("arrival_h", "f8"),
        ("first_division_h", "f8"),
        ("micrometastasis_h", "f8"),  # from which it was as large; NaN: never yet
        ("macrometastasis_h", "f8"),
        ("detection_h", "f8"),
        ("site", "i8"),  # where the founder was placed
        ("cells", "i8"),  # living, of its line, in this lattice
        ("size", "U16"),  # colony, micrometastasis or macrometastasis
    ]
)
"""A founder whose line has lived as two or more cells after a division in place."""

REACHED = {
    "micrometastases": "micrometastasis_h",
    "macrometastases": "macrometastasis_h",
    "detected": "detection_h",
}
"""Colonies that were ever as large -> the column of COLONY that tells since when."""

ARRIVALS = np.dtype([("from", "U32"), ("to", "U32"), ("arrivals", "i8")])
"""DTCs that left the blood, by tissue of origin and tissue (or capillary bed) of arrival."""
