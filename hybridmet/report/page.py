"""A page: headings, text, tables and figures, as one HTML file that stands alone."""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hybridmet.output.atomic import write_text

STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15em 0.8em; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; }
"""
FIGURES = "figures"
"""Folder of the figures as files, beside the page."""


class Page:
    """Collects what a report shows, in order."""

    def __init__(self, folder: Path, title: str):
        self.folder, self.title = Path(folder), title
        self._parts = [f"<h1>{html.escape(title)}</h1>"]

    def heading(self, text: str) -> None:
        self._parts.append(f"<h2>{html.escape(text)}</h2>")

    def text(self, text: str) -> None:
        self._parts.append(f"<p>{html.escape(text)}</p>")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Numbers to three digits; whole numbers and text as they are."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
        body = ("".join(f"<td>{html.escape(shown(v))}</td>" for v in row) for row in rows)
        lines = "\n".join(f"<tr>{row}</tr>" for row in body)
        self._parts.append(f"<table>\n<tr>{head}</tr>\n{lines}\n</table>")

    def figure(self, name: str, figure: Any, caption: str) -> None:
        """A Matplotlib figure, in the page and as figures/NAME.png."""
        memory = io.BytesIO()
        plain = {"Software": None}  # equal data, equal files
        figure.savefig(memory, format="png", dpi=110, bbox_inches="tight", metadata=plain)
        place = self.folder / FIGURES
        place.mkdir(exist_ok=True)
        (place / f"{name}.png").write_bytes(memory.getvalue())
        data = base64.b64encode(memory.getvalue()).decode("ascii")
        self._parts.append(f'<img alt="{html.escape(caption)}" src="data:image/png;base64,{data}">')
        self.text(caption)

    def write(self) -> Path:
        """Write report.html; returns its path."""
        path = self.folder / "report.html"
        head = f'<meta charset="utf-8"><title>{html.escape(self.title)}</title>'
        body = "\n".join(self._parts)
        write_text(
            path,
            f"<!DOCTYPE html>\n<html>\n<head>{head}<style>{STYLE}</style></head>\n"
            f"<body>\n{body}\n</body>\n</html>\n",
        )
        return path


def shown(value: Any) -> str:
    """A value as a reader wants it."""
    if isinstance(value, float):
        if value != value:
            return "–"
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def within(value: float, low: float, high: float) -> str:
    """A number with its interval, as a cell of a table or in a sentence; no empty brackets."""
    value, low, high = (float(number) for number in (value, low, high))
    if low != low and high != high:
        return shown(value)
    to = " to " if low < 0.0 else "-"
    return f"{shown(value)} ({shown(low)}{to}{shown(high)})"


def extent(numbers: Iterable[int]) -> str:
    """Whole numbers as one, or as the least and the largest."""
    ordered = sorted(numbers)
    least, most = ordered[0], ordered[-1]
    return str(least) if least == most else f"{least} to {most}"
