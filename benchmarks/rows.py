"""Rows of the table of benchmarks/run.py: a figure, which way is better, and what is wanted of it."""

MORE, LESS = "more", "less"
DIRECTION = {"ratio": MORE, "sweeps": LESS, "error": LESS, "GB": LESS}
"""Units that do not depend on the machine's speed, with the better direction: their figures are
compared with the stored ones. Seconds and rates belong to the machine; they can have limits."""


def row(name: str, value: float, unit: str, at_least: float | None = None,
        at_most: float | None = None) -> dict:  # fmt: skip
    """One figure; at most one of the limits [in `unit`]. A limit says which way is better, else
    the unit does."""
    assert at_least is None or at_most is None
    limit = at_most if at_least is None else at_least
    better = DIRECTION.get(unit, "")
    if limit is not None:
        better = MORE if at_most is None else LESS
    return {"name": name, "value": float(value), "unit": unit, "better": better, "limit": limit}


def wanted(one: dict) -> str:
    """The limit in words; empty without one."""
    if one["limit"] is None:
        return ""
    return f"{'>=' if one['better'] == MORE else '<='} {one['limit']:g}"


def met(one: dict) -> bool | None:
    """Whether a figure keeps its limit; None without one."""
    if one["limit"] is None:
        return None
    more = one["better"] == MORE
    return one["value"] >= one["limit"] if more else one["value"] <= one["limit"]
