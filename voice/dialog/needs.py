"""What a caller need not say, because it is known: a need, a language, an earlier contact. Pure."""

from __future__ import annotations

from dataclasses import replace

from voice.dialog import opening
from voice.dialog.acts import CallerNeeds, HistoryKnown, Say
from voice.dialog.talk import Talk

TIME_FACTOR = 2
"""How much longer silence and pauses between keys may last for who needs time. Source: WCAG 2.2 success criterion 2.2.1
lets people extend a limit to ten times; our choice, since the talk itself may be extended again by asking for it."""


def apply(talk: Talk, needs: CallerNeeds) -> None:
    """Do what the caller needs, in a talk that has begun. The same needs again change nothing."""
    if needs.slower and talk.speed == 1.0:
        talk.slower()
    if needs.more_time and not talk.takes_time:
        talk.takes_time = True
        settings = talk.settings
        talk.settings = replace(
            settings,
            no_input_ms=settings.no_input_ms * TIME_FACTOR,
            slot_no_input_ms=settings.slot_no_input_ms * TIME_FACTOR,
            interdigit_ms=settings.interdigit_ms * TIME_FACTOR,
        )


def apply_late(talk: Talk, needs: CallerNeeds) -> None:
    """Do what the caller needs after the greeting began; the language changes only before they have said anything."""
    apply(talk, needs)
    if talk.phase != "talking" or not talk.first_turn:
        return
    if needs.language is not None and opening.change_language(talk, needs.language, "preference"):
        opening.renew_notice(talk)
        if talk.pending == "open" and talk.flow is None:
            talk.say("greeting.how_can_i_help")
    offer_keys(talk, needs)


def apply_early(talk: Talk, needs: CallerNeeds) -> None:
    """Do what was known before the greeting."""
    apply(talk, needs)
    if needs.language is not None:
        opening.change_language(talk, needs.language, "preference")


def offer_keys(talk: Talk, needs: CallerNeeds) -> None:
    """Say which keys do what, to who prefers them to speaking."""
    if needs.keypad and talk.pending == "open" and talk.flow is None and not talk.first_queue:
        talk.say("greeting.keys", detail="keypad")


def mention_history(talk: Talk, event: object) -> None:
    """Say what the caller contacted us about lately, once, and when nothing else is in hand."""
    if isinstance(event, HistoryKnown):
        talk.to_mention = (event.matter, event.when)
    elif not any(isinstance(act, Say) for act in talk.acts):
        return
    idle = talk.flow is None and not talk.first_flow and not talk.first_question
    if talk.to_mention is None or talk.phase != "talking" or not idle:
        return
    if talk.pending in ("open", "anything_else"):
        (matter, when), talk.to_mention = talk.to_mention, None
        talk.say(f"history.{when}", detail="history", matter=matter)
