"""Card numbers in parts: whatever the parts, keyed or said, nothing of them stays readable in what was written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls import codec
from calls.events import (
    SCHEMA_VERSION,
    BriefPrepared,
    DigitsPressed,
    Event,
    EventBody,
    NewEvent,
    SecretWithdrawn,
    SlotFilled,
    TurnEnded,
    UtteranceHeard,
)
from calls.ids import TurnId
from calls.speech import Turn
from records.card_numbers import card_prefix, luhn
from records.folds import FOLDS
from records.keyed_digits import KeyGroup
from records.redaction import MASK
from records.split_cards import LEAST_KNOWN, DigitsGiven, SplitCards
from records.spoken_digits import digit_runs
from records.store import EventStore
from records.withdrawal import withdrawal_of, withdrawn
from service.secrets_kept import SecretsKept
from tests.records.utterances import utterance

NOW = datetime(2026, 11, 30, tzinfo=UTC)
VISA = "4676973931617818"
ACCOUNT = "account_number"
NAMES = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
WORDS = dict(zip("0123456789", NAMES, strict=True))


def event(seq: int, body: EventBody, t_ms: int = 0) -> Event:
    return Event(
        stream_kind="call",
        stream_id="c1",
        seq=seq,
        at_utc=NOW,
        t_ms=t_ms,
        source="call",
        schema_version=SCHEMA_VERSION,
        body=body,
    )


@dataclass
class Talk:
    """One call's secrets over a log in memory that takes back as `CallLog` does."""

    events: list[Event] = field(default_factory=list)
    live: list[Event] = field(default_factory=list)
    """Facts as they were told when they were written."""
    silenced: list[tuple[int, int]] = field(default_factory=list)
    now_ms: int = 0

    def __post_init__(self) -> None:
        self.secrets = SecretsKept(self, self, "test", withdraw=self.withdraw)
        self.due: list[int] = []

    def note(self, body: EventBody, source: str, *, t_ms: int | None = None) -> None:
        del source
        told = event(len(self.live) + 1, body, self.now_ms if t_ms is None else t_ms)
        self.live.append(told)
        self.events.append(told)

    def silence(self, start_ms: int, end_ms: int) -> bool:
        self.silenced.append((start_ms, end_ms))
        return True

    def withdraw(self, cards: SplitCards, since_ms: int) -> None:
        self.due.append(since_ms)
        self.cards = cards

    def settle(self) -> None:
        due, self.due = self.due, []
        for since_ms in due:
            body = withdrawal_of(self.events, self.cards, since_ms)
            if body is not None:
                self.note(body, "call")
                self.events = [replace(e, body=withdrawn(e.body)) if e.seq in body.seqs else e for e in self.events]

    def key(self, digits: str, *, asked: str = ACCOUNT) -> None:
        self.secrets.keys(KeyGroup(digits, self.now_ms, asked=bool(asked), slot=asked))
        self._answered(digits.rstrip("#"), asked)

    def say(self, text: str, *, asked: str = ACCOUNT) -> None:
        number = len(self.live)
        heard = utterance(f"u{number}", text, self.now_ms)
        self.now_ms = heard.end_ms
        turn = Turn(
            turn_id=TurnId(f"t{number}"),
            speaker="caller",
            text=text,
            language="es",
            start_ms=heard.start_ms,
            end_ms=heard.end_ms,
            utterance_ids=(heard.utterance_id,),
        )
        self.secrets.utterance(heard, self.now_ms)
        self.secrets.turn_said(turn, asked)
        self.secrets.turn_over(self.now_ms)
        shown = self.secrets.text(turn)
        self.note(said("caller", shown, turn), "call")
        self._answered("".join(run.digits for run in digit_runs(text.split())), asked)

    def _answered(self, digits: str, asked: str) -> None:
        """The policy takes what it hears for the value, and reads it back."""
        value = self.secrets.shown(digits)
        self.note(SlotFilled(slot=asked or "other", value=value, confirmed=False, turn_id=None), "dialog")
        self.note(said("bot", self.secrets.shown(f"He entendido {digits} ¿verdad?")), "call")
        self.settle()

    def over(self) -> None:
        self.secrets.call_over(self.now_ms)
        self.settle()

    def readable(self) -> str:
        """Return everything that the log says in personal fields."""
        return "\n".join(str(codec.to_json(each.body)) for each in self.events)


def said(speaker: Any, text: str, turn: Turn | None = None) -> TurnEnded:
    return TurnEnded(
        turn_id=turn.turn_id if turn else TurnId("b1"),
        speaker=speaker,
        text=text,
        language="es",
        start_ms=turn.start_ms if turn else 0,
        end_ms=turn.end_ms if turn else 0,
        utterance_ids=turn.utterance_ids if turn else (),
        interrupted=False,
    )


def spoken(digits: str, how: str) -> str:
    if how == "words":
        return " ".join(WORDS[digit] for digit in digits)
    if how == "groups":
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    return f"sí, es {digits}" if how == "sentence" else digits


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(["4", "51", "55", "2221", "34", "37", "36", "6011", "5018", "6304"]))
    n = draw(st.integers(13, 19))
    start = prefix + draw(st.text("0123456789", min_size=n - 1 - len(prefix), max_size=n - 1 - len(prefix)))
    return start + next(digit for digit in "0123456789" if luhn(start + digit))


@st.composite
def inputs(draw: st.DrawFn) -> tuple[str, list[tuple[str, str, int]]]:
    """A card number, and its parts: digits, how they come, and the pause before them."""
    card = draw(cards())
    cuts = draw(st.sets(st.integers(1, len(card) - 1), max_size=3))
    edges = [0, *sorted(cuts), len(card)]
    hows = st.sampled_from(["keys", "keys#", "words", "groups", "sentence", "digits"])
    parts = [(card[a:b], draw(hows), draw(st.integers(500, 9_000))) for a, b in pairwise(edges)]
    return card, parts


def readable_digits(talk: Talk) -> set[str]:
    """Return every stretch of digits that can still be read, whatever the field."""
    found: set[str] = set()
    for each in talk.events:
        body = each.body
        if isinstance(body, UtteranceHeard):
            texts = [" ".join(word.text for word in body.words)]
        elif isinstance(body, TurnEnded):
            texts = [body.text]
        elif isinstance(body, SlotFilled):
            texts = [body.value]
        elif isinstance(body, DigitsPressed):
            texts = [body.digits]
        else:
            texts = []
        found.update(run.digits for text in texts for run in digit_runs(text.replace("#", " ").split()))
    return found


@settings(max_examples=400, deadline=None)
@given(inputs())
def test_when_a_card_number_comes_in_up_to_four_inputs_then_no_part_of_it_is_readable(
    made: tuple[str, list[tuple[str, str, int]]],
) -> None:
    card, parts = made
    assert card_prefix(card)
    if len(parts) == 2 and len(parts[0][0]) == len(parts[1][0]):
        apart = sum(a != b for a, b in zip(parts[0][0], parts[1][0], strict=True))
        if apart <= 2:
            return  # said again, as far as anybody can tell
    talk = Talk()
    for digits, how, pause_ms in parts:
        talk.now_ms += pause_ms
        if how.startswith("keys"):
            talk.key(digits + how[4:])
        else:
            talk.say(spoken(digits, how))
        if talk.now_ms > 60_000:
            return  # longer than a number may take
    talk.over()

    for digits in readable_digits(talk):
        assert len(digits) < LEAST_KNOWN or digits not in card, (parts, talk.readable())
    for fold in FOLDS:
        assert fold.over(talk.live) == fold.over(talk.events), "what was seen live is what a replay shows"


def test_when_the_first_half_is_taken_for_the_account_then_the_second_takes_it_back() -> None:
    talk = Talk()
    talk.say("mi número es 46769739")
    assert any(isinstance(e.body, SlotFilled) and e.body.value == "46769739" for e in talk.events)

    talk.now_ms += 6_000
    talk.say("31617818")
    talk.over()

    assert not readable_digits(talk)
    (fact,) = [e.body for e in talk.events if isinstance(e.body, SecretWithdrawn)]
    assert len(fact.turn_ids) == 2, "the caller's turn, and the bot's that read it back"
    assert talk.silenced, "the sound of the first half goes too"


@pytest.mark.parametrize(
    "answers",
    [
        (("40713322", ACCOUNT), ("612345678", "phone")),
        (("45395520", ACCOUNT), ("04122026", "day"), ("1030", "time")),
        (("46769739", ACCOUNT), ("46769738", ACCOUNT)),
        (("46769739", ACCOUNT), ("46769739", ACCOUNT)),
    ],
)
def test_when_several_questions_are_answered_or_a_value_is_corrected_then_all_stays(
    answers: tuple[tuple[str, str], ...],
) -> None:
    talk = Talk()
    for digits, asked in answers:
        talk.now_ms += 5_000
        talk.key(digits, asked=asked)
    talk.over()

    assert {digits for digits, _ in answers} <= readable_digits(talk)


def test_when_numbers_have_their_names_then_they_are_no_card_together() -> None:
    talk = Talk()
    talk.say("mi cuenta es 46769739 y mi teléfono 31617818", asked="")

    assert readable_digits(talk) >= {"46769739"}


def test_when_a_turn_comes_again_with_more_words_then_its_digits_count_once() -> None:
    cards = SplitCards()
    first = DigitsGiven("46769739", 0, 2_000, ACCOUNT, spoken=True, source="t1")
    assert cards.take(first) == ()

    cards.take_back("t1")
    again = (replace(first, source="t2"), DigitsGiven("31617818", 2_000, 4_000, ACCOUNT, spoken=True, source="t2"))

    assert [cards.take(each) for each in again] == [(), again]
    assert cards.knows("46769739")
    assert not cards.knows("46")


def test_when_the_second_half_comes_minutes_later_then_it_is_another_number() -> None:
    cards = SplitCards()
    cards.take(DigitsGiven("46769739", 0, 0, ACCOUNT))

    assert cards.take(DigitsGiven("31617818", 61_000, 61_000, ACCOUNT)) == ()


def test_when_a_secret_is_withdrawn_then_the_stored_facts_hold_masks_and_say_the_same_as_live(
    store: EventStore,
) -> None:
    brief = BriefPrepared(
        caller="+34600111222",
        verified="account_given",
        language="es",
        matter="Cuenta 46769739",
        reason="caller_asked",
        facts=(),
        tried=(),
        open_questions=(),
        emotion=(),
        suggested_opening="Hola",
        spoken_line="Cuenta 46769739",
    )
    talk = Talk()
    talk.say("46769739")
    talk.note(brief, "dialog")
    talk.now_ms += 5_000
    talk.key("31617818#")
    talk.over()
    facts = [
        NewEvent(stream_kind="call", stream_id="c1", body=e.body, at_utc=NOW, t_ms=e.t_ms, source=e.source)
        for e in talk.live
    ]

    store.append(facts)

    kept = store.read("call", "c1")
    assert [e.body for e in kept] == [e.body for e in talk.events]
    assert "46769739" not in str(kept)
    assert "31617818" not in str(kept)
    assert next(e.body for e in kept if isinstance(e.body, BriefPrepared)).spoken_line == MASK
    for fold in FOLDS:
        assert fold.over(kept) == fold.over(talk.live)
