"""Rows of the table of benchmarks/run.py."""


def row(name: str, value: float, unit: str, wanted: str = "") -> dict:
    """One figure; `unit` is "ratio" for what is compared with the stored figures (more is better)."""
    return {"name": name, "value": float(value), "unit": unit, "wanted": wanted}
