"""What every output has in common: it looks at a patient once at each output time."""

from typing import Any


class Observer:
    """Records a patient at the times it is called; a second call at the same time does nothing.

    The run loop calls `observe` whenever a schedule is due and `close` once at the end, so that
    the final state is always recorded, also when a run stops between two output times.
    """

    def __init__(self):
        self._last_time: float | None = None

    def observe(self, patient: Any) -> None:
        """Record the patient's state now, unless that was done already."""
        if patient.time != self._last_time:
            self._record(patient)
            self._last_time = patient.time

    def close(self, patient: Any) -> None:
        """Record the final state."""
        self.observe(patient)

    def _record(self, patient: Any) -> None:
        raise NotImplementedError
