"""What a run of the benchmarks has to say against its targets and against the stored figures."""

from rows import DIRECTION, LESS, met, wanted

FALL = 0.2
"""A figure that is worse than the stored one by more than this share is named."""


def worse_by(new: dict, old: dict) -> float:
    """Share by which a figure is worse than the stored one: of more-is-better figures what is lost
    of the old value, of lower-is-better ones what is lost of the new speed."""
    big, small = (new, old) if new["better"] == LESS else (old, new)
    return 1.0 - small["value"] / big["value"] if big["value"] > 0.0 else 0.0


def fallen(new: list[dict], old: list[dict]) -> list[str]:
    """The figures, free of the machine's speed, that are worse than the stored ones by over FALL."""
    known = {row["name"]: row for row in old}
    return [
        f"{row['name']}: {row['value']:.3g}, was {known[row['name']]['value']:.3g}"
        for row in new
        if row["unit"] in DIRECTION
        and row["name"] in known
        and worse_by(row, known[row["name"]]) > FALL
    ]


def missed(rows: list[dict]) -> list[str]:
    """The figures that do not keep their limit."""
    return [
        f"{row['name']}: {row['value']:.3g}, wanted {wanted(row)}"
        for row in rows
        if met(row) is False
    ]


def vanished(new: list[dict], old: list[dict], groups: set[str]) -> list[str]:
    """Names that are stored for the groups that ran and were not measured now."""
    names = {row["name"] for row in new}
    return [row["name"] for row in old if row.get("group") in groups and row["name"] not in names]


def added(new: list[dict], old: list[dict]) -> list[str]:
    """Names that are measured and not stored yet."""
    names = {row["name"] for row in old}
    return [row["name"] for row in new if row["name"] not in names]
