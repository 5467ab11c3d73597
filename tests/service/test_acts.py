"""Acts of the policy are carried out: what goes to the log of each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from calls.events import CallbackBooked, EventBody
from records.redaction import Redactor
from service.acts import carry_out
from service.config import PrivacySection
from service.consent import Consent
from voice.dialog.acts import BookCallback

if TYPE_CHECKING:
    from service.call_runner import CallRunner

MATTER = "my neighbour's dog ate my router"


def noted(act: BookCallback, consent: Consent) -> list[EventBody]:
    """Return what is written when `act` is carried out in a call with this consent."""
    bodies: list[EventBody] = []
    call = SimpleNamespace(
        log=SimpleNamespace(note=lambda body, source: bodies.append(body)),
        consent=consent,
        policy=SimpleNamespace(language="en"),
        turn_stands=lambda: None,
        wish=lambda wish: None,
        waiting=SimpleNamespace(callback_booked=lambda: None),
        secrets=SimpleNamespace(shown=str, redactor=Redactor()),
    )
    carry_out(cast("CallRunner", call), act, None)
    return bodies


@pytest.mark.parametrize(
    ("mode", "given", "matter"),
    [
        ("ask", None, ""),
        ("ask", False, ""),
        ("ask", True, MATTER),
        ("stay", False, ""),
        ("stay", None, MATTER),
        ("off", None, MATTER),
    ],
)
def test_when_a_call_back_is_booked_then_the_caller_s_own_words_are_kept_only_where_words_may_be(
    mode: str, given: bool | None, matter: str
) -> None:
    consent = Consent(PrivacySection.model_validate({"recording": mode}))
    if given is not None:
        consent.set("recording", given=given)
    assert noted(BookCallback(number="+34612345678", matter=MATTER), consent) == [
        CallbackBooked(number="+34612345678", language="en", matter=matter)
    ]
