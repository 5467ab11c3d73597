"""The one error type that crosses rooms: whose fault it is, whether a retry helps and what to do next."""

from __future__ import annotations

from typing import Literal

Fault = Literal["user", "peer", "operator", "us"]
"""Who can mend it: the person typing, the other phone or network, whoever runs the service, or the program itself."""


class CallCentreError(Exception):
    """A failure with a stable code and a sentence that says what happened and what to do."""

    def __init__(self, code: str, message: str, *, fault: Fault, retryable: bool = False) -> None:
        """Keep the parts; `message` is a full sentence without personal data."""
        super().__init__(message)
        self.code = code
        """Stable and machine-readable, e.g. `config.unknown_key`."""
        self.message = message
        self.fault: Fault = fault
        self.retryable = retryable

    def __str__(self) -> str:
        """The sentence alone; the code goes into logs."""
        return self.message
