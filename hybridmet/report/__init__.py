"""Reports: tables and figures of a run or an ensemble, as one HTML page."""

from hybridmet.report.report import write_report

__all__ = ["write_report"]
