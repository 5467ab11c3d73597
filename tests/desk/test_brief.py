"""Briefs: only what the events say, each statement with its event, nothing secret, short enough to be spoken."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls import codec
from calls.events import (
    SCHEMA_VERSION,
    ActDecided,
    BriefFact,
    BriefPrepared,
    CallOffered,
    EmotionEstimated,
    Event,
    EventBody,
    FeelingRead,
    FlowFinished,
    SlotFilled,
    TopicFound,
    TurnEnded,
    TurnReopened,
)
from calls.handover_events import AgentReleased
from calls.ids import LANGUAGES, Language, TurnId
from desk.brief import QUOTE_WORDS, SPOKEN_WORDS, build_brief
from desk.brief_words import WORDS
from records.redaction import MASK, redact_text
from tests.records.strategies import streams

GOLDEN = Path(__file__).parent.parent / "data" / "golden_logs"
LOGS = sorted(GOLDEN.glob("*.jsonl"))


def read_log(name: str) -> list[Event]:
    lines = (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [codec.event_from_json(json.loads(line)) for line in lines]


def log(*bodies: EventBody) -> list[Event]:
    return [
        Event(
            stream_kind="call",
            stream_id="c",
            seq=seq,
            at_utc=datetime(2026, 11, 22, tzinfo=UTC),
            t_ms=seq * 1000,
            source="dialog",
            schema_version=SCHEMA_VERSION,
            body=body,
        )
        for seq, body in enumerate(bodies, start=1)
    ]


def said(turn_id: str, text: str, start_ms: int = 1000) -> TurnEnded:
    return TurnEnded(
        turn_id=TurnId(turn_id),
        speaker="caller",
        text=text,
        language="en",
        start_ms=start_ms,
        end_ms=start_ms + 900,
        utterance_ids=(),
        interrupted=False,
    )


def statements(brief: BriefPrepared) -> list[BriefFact]:
    return [*brief.facts, *brief.tried, *brief.open_questions]


def check_faithful(events: list[Event], brief: BriefPrepared, language: Language) -> None:
    """Every statement names an event of the log; its quote and values are in the log, word for word."""
    by_seq = {event.seq: event for event in events}
    said_by_caller = [
        " ".join(event.body.text.split())
        for event in events
        if isinstance(event.body, TurnEnded) and event.body.speaker == "caller"
    ]
    for fact in statements(brief):
        body = by_seq[fact.event_seq].body
        assert fact.quote == "" or any(fact.quote in text for text in said_by_caller)
        assert len(fact.quote.split()) <= QUOTE_WORDS
        if isinstance(body, SlotFilled):
            assert body.value in fact.text
        elif isinstance(body, FlowFinished):
            assert body.reference in fact.text
        elif isinstance(body, TopicFound) and body.topic is not None:
            assert body.topic.replace("-", " ") in fact.text
        elif isinstance(body, ActDecided):
            assert fact.text
        elif isinstance(body, AgentReleased):
            assert body.agent in fact.text
        elif isinstance(body, EmotionEstimated):
            assert f"{round(body.estimate.anger_prob * 100)} %" in fact.text
        elif isinstance(body, FeelingRead):
            assert WORDS[language][f"feeling.{body.estimate.feeling}"] in fact.text
        else:
            assert fact.text in WORDS[language].values() or body.type == "language_chosen"


@pytest.mark.parametrize("language", LANGUAGES)
@given(events=streams())
@settings(max_examples=150, deadline=None)
def test_when_any_call_is_briefed_then_every_statement_is_in_its_log(language: Language, events: list[Event]) -> None:
    brief = build_brief(events, language)
    check_faithful(events, brief, language)
    assert len(brief.spoken_line.split()) <= SPOKEN_WORDS
    assert brief.suggested_opening
    assert codec.body_from_json(json.loads(json.dumps(codec.to_json(brief)))) == brief


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_when_a_golden_log_is_briefed_at_any_moment_then_it_is_faithful(path: Path, language: Language) -> None:
    events = read_log(path.stem)
    for n in range(len(events) + 1):
        check_faithful(events[:n], build_brief(events[:n], language), language)


def test_when_an_angry_caller_is_handed_over_then_the_brief_says_what_happened() -> None:
    brief = build_brief(read_log("outage-es"), "es", titles={"power-outage": "Corte de luz"})
    assert brief.caller == "Ana Ruiz, +34600123456"
    assert brief.verified == "account_given"
    assert brief.language == "es"
    assert brief.matter == "Corte de luz"
    assert brief.reason == "caller_asked"
    assert [fact.text for fact in brief.facts] == [
        "Pregunta por: Corte de luz",
        "Número de cuenta: 48210930",
        "Por su voz: enfado hasta 83 % (estimación, duda 20 %: más alto que al principio, más rápido que al principio)",
        "Por sus palabras: frustración (estimación: ya lo dijo o lo intentó)",
    ]
    assert brief.facts[3].quote == "que ya lo he mirado y no es eso quiero dar el aviso"
    assert brief.facts[1].quote == "cuarenta y ocho veintiuno cero nueve treinta"
    assert brief.facts[1].t_ms == 21800
    assert [fact.text for fact in brief.tried] == [
        "El asistente respondió sobre: Corte de luz",
        "Hecho: aviso de avería, referencia AV-3141",
        "Se ofreció llamar más tarde",
        "Pidió que le llamen",
    ]
    assert [point.anger_prob for point in brief.emotion] == [0.22, 0.61, 0.58, 0.0, 0.83, 0.44]
    assert "Siento las molestias" in brief.suggested_opening
    assert brief.spoken_line == (
        "Ana Ruiz, dio su número de cuenta. Corte de luz. Pide una persona. Suena con enfado. Hecho: aviso de avería."
    )


def test_when_there_is_danger_then_it_is_the_matter_and_the_first_fact() -> None:
    brief = build_brief(read_log("gas-en"), "en")
    assert brief.matter == "Smell of gas"
    assert brief.facts[0].text == "Smell of gas"
    assert brief.suggested_opening == "Hello, J. Ortiz. First of all: are you safe?"


def test_when_words_hold_a_secret_then_they_are_not_quoted() -> None:
    brief = build_brief(read_log("card-en"), "en")
    assert MASK not in json.dumps(codec.to_json(brief))
    assert any(fact.text == "Asks about: pay bill" and fact.quote == "" for fact in brief.facts)


@pytest.mark.parametrize(
    ("slot", "value"),
    [("pin", "1234"), ("card_number", "48210930"), ("account_number", "****"), ("note", "4111111111111111")],
)
def test_when_a_slot_is_secret_then_its_value_is_left_out(slot: str, value: str) -> None:
    brief = build_brief(log(SlotFilled(slot=slot, value=value, confirmed=True, turn_id=None)), "en")
    assert value not in json.dumps(codec.to_json(brief))


@given(number=st.sampled_from(["4111111111111111", "4111 1111 1111 1111", "four one one one " * 4]))
def test_when_a_card_slipped_through_then_the_brief_still_does_not_show_it(number: str) -> None:
    events = log(
        CallOffered(transport="sip", caller="+1", caller_name=number, called="bot", peer_call_id="x"),
        said("t1", f"my card {number}"),
        TopicFound(turn_id=TurnId("t1"), topic=None, score=0.1, article_id=None),
    )
    shown = json.dumps(codec.to_json(build_brief(events, "en")))
    assert number.strip() not in shown
    assert redact_text(shown) == shown


def test_when_a_value_is_corrected_then_only_the_last_one_stands() -> None:
    first = SlotFilled(slot="date", value="2026-11-24", confirmed=False, turn_id=TurnId("t1"))
    events = log(
        said("t1", "on Tuesday"),
        first,
        said("t2", "no Wednesday", 5000),
        replace(first, value="2026-11-25", turn_id=TurnId("t2")),
        said("t3", "yes", 8000),
        replace(first, value="2026-11-25", confirmed=True, turn_id=TurnId("t3")),
    )
    facts = build_brief(events, "en").facts
    assert [(fact.text, fact.quote, fact.t_ms, fact.event_seq) for fact in facts] == [
        ("Date: 2026-11-25", "no Wednesday", 5000, 6)
    ]


def test_when_a_flow_was_begun_and_not_finished_then_it_is_an_open_question() -> None:
    events = log(
        said("t1", "I want a technician"),
        ActDecided(act="say", detail="flow:appointment", turn_id=TurnId("t1")),
        ActDecided(act="say", detail="flow:resume", turn_id=TurnId("t1")),
    )
    assert build_brief(events, "en").open_questions[0].text == "Not finished: technician's visit"


@pytest.mark.parametrize("caller", ["", "anonymous", "Anonymous", "[erased]"])
def test_when_the_caller_is_withheld_then_nobody_is_named(caller: str) -> None:
    events = log(CallOffered(transport="sip", caller=caller, caller_name="", called="bot", peer_call_id="x"))
    brief = build_brief(events, "es")
    assert (brief.caller, brief.verified) == ("Número oculto", "none")


def test_when_both_languages_are_compared_then_they_say_the_same_things() -> None:
    assert WORDS["es"].keys() == WORDS["en"].keys()


def test_when_a_caller_is_erased_then_the_brief_names_nobody() -> None:
    events = log(
        CallOffered(transport="sip", caller="[erased]", caller_name="[erased]", called="bot", peer_call_id="x"),
        said("t1", "[erased]"),
        SlotFilled(slot="account_number", value="[erased]", confirmed=True, turn_id=TurnId("t1")),
    )
    assert "[erased]" not in json.dumps(codec.to_json(build_brief(events, "en")))


def test_when_a_turn_was_taken_back_then_nothing_that_was_decided_on_it_is_in_the_brief() -> None:
    void, turn = TurnId("t1"), TurnId("t2")
    brief = build_brief(
        log(
            said(void, "my account is one two"),
            SlotFilled(slot="date", value="2026-11-24", confirmed=False, turn_id=void),
            TopicFound(turn_id=void, topic="power-outage", score=0.5, article_id="power-outage:en"),
            ActDecided(act="repair", detail="repair:1", turn_id=void),
            TurnReopened(turn_id=void),
            said(turn, "my account is one two three no it is about my bill"),
            TopicFound(turn_id=turn, topic="high-bill", score=0.8, article_id="high-bill:en"),
        ),
        "en",
        titles={"power-outage": "Power cut", "high-bill": "A high bill"},
    )
    assert brief.matter == "A high bill"
    assert brief.tried == ()
    assert [fact.text for fact in brief.facts if "2026" in fact.text or "Power" in fact.text] == []
    assert all("about my bill" in fact.quote for fact in (*brief.facts, *brief.open_questions))
