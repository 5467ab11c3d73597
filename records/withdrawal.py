"""Takes a secret out of facts that were written before it was known: which hold it, what is left of them. Pure.

The log stays append-only in what happened: `SecretWithdrawn` is a fact of its own, and only personal fields, which are
encrypted, get another content. So a replay of the log is what pages show that saw it happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from calls import codec
from calls.events import PERSONAL_FIELDS, Event, EventBody, SecretWithdrawn, SlotFilled, TurnEnded, UtteranceHeard
from calls.speech import Word
from records.redaction import MASK
from records.split_cards import SplitCards


def withdrawal_of(events: Sequence[Event], cards: SplitCards, since_ms: int) -> SecretWithdrawn | None:
    """Return the fact that takes found cards out of what was written since a time; None if nothing holds them."""
    late = (event for event in events if event.t_ms is None or event.t_ms >= since_ms)
    holding = [event for event in late if holds(event.body, cards)]
    if not holding:
        return None
    bodies = [event.body for event in holding]
    last_of = {body.slot: body for event in events if isinstance(body := event.body, SlotFilled)}
    last_brief = next((event.body for event in reversed(events) if event.body.type == "brief_prepared"), None)
    return SecretWithdrawn(
        seqs=tuple(event.seq for event in holding),
        turn_ids=tuple(body.turn_id for body in bodies if isinstance(body, TurnEnded)),
        utterance_ids=tuple(body.utterance_id for body in bodies if isinstance(body, UtteranceHeard)),
        slots=tuple(name for name, body in last_of.items() if any(body is each for each in bodies)),
        brief=last_brief is not None and any(last_brief is each for each in bodies),
        reason="card_number",
    )


def holds(body: EventBody, cards: SplitCards) -> bool:
    """Tell whether a personal field of a fact holds a part of a card number that was found."""
    fields = (getattr(body, name) for name in _worded(body))
    return any(cards.masks(text.split()) for field in fields for text in _texts(field))


def withdrawn(body: EventBody) -> EventBody:
    """Return what is left of a fact: every personal text masked, times of words kept."""
    changed: dict[str, Any] = {}
    for name in _worded(body):
        value = getattr(body, name)
        if isinstance(value, str):
            changed[name] = MASK if value else ""
        elif value and isinstance(value[0], Word):
            changed[name] = tuple(replace(word, text=MASK) for word in value)
        else:
            changed[name] = ()
    return replace(body, **changed)


_NAMES = frozenset(("external_id", "attachments", "address"))
"""Personal fields that name something elsewhere; a number in them is no part of what was said."""


def _worded(body: EventBody) -> list[str]:
    return [name for name in PERSONAL_FIELDS.get(body.type, ()) if name not in _NAMES]


def _texts(value: Any) -> list[str]:
    """Return the texts in a field, the words of an utterance as one."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, tuple):
        return [text for text in codec.to_json(value).values() if isinstance(text, str)] if value is not None else []
    if value and isinstance(value[0], Word):
        return [" ".join(word.text for word in value)]
    return [text for item in value for text in _texts(item)]
