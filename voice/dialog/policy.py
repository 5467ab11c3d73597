"""The mind of a call: what was heard goes in, what to do comes out. Pure; time and today's date are arguments."""

from __future__ import annotations

from collections.abc import Callable

from calls.ids import Language
from voice.dialog.acts import DialogAct, DialogInput
from voice.dialog.settings import DialogSettings


class DialogPolicy:
    """Decides the acts of one call. Deterministic in its inputs; never raises on anything a caller can do."""

    def __init__(self, settings: DialogSettings, language: Language, *, new_reference: Callable[[str], str]) -> None:
        """Start before `CallBegan`; `new_reference(flow)` gives the reference number of a finished flow."""
        self._settings = settings
        self._language: Language = language
        self._new_reference = new_reference

    def step(self, event: DialogInput, now_ms: int) -> tuple[DialogAct, ...]:
        """Take one input at `now_ms` (any monotonic clock) and return the acts, in the order to be carried out."""
        raise NotImplementedError

    def next_deadline_ms(self) -> int | None:
        """When `DeadlineReached` is due if nothing else comes; None while a human has the call or it is over."""
        raise NotImplementedError

    @property
    def language(self) -> Language:
        """The language of the call now."""
        return self._language
