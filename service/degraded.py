"""What the service does less of in one call, by load or failure: a fact, told once each."""

from __future__ import annotations

from calls.events import Degraded, DegradedWhat
from service.call_log import CallLog


class Degradations:
    """Of one call."""

    def __init__(self, log: CallLog) -> None:
        """Nothing yet; facts go to `log`."""
        self._log = log
        self._told: set[DegradedWhat] = set()

    def note(self, what: DegradedWhat, reason: str) -> None:
        """Write it down the first time; `reason` is a stable code."""
        if what not in self._told:
            self._told.add(what)
            self._log.note(Degraded(what=what, reason=reason), "service")
