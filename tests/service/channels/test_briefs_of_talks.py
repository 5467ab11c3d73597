"""Briefs of talks that nobody wrote down: people who say anything, in both languages, to the real policy, for long."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.codec import to_json
from calls.conversation_events import (
    Channel,
    ConversationClosed,
    ConversationOpened,
    ConversationReopened,
    MessagePassed,
    MessageReceived,
    MessageSent,
)
from calls.events import SCHEMA_VERSION, BriefPrepared, EmotionEstimated, Event, EventBody
from calls.ids import LANGUAGES, Language, MessageId, UtteranceId
from calls.ports import Passage
from calls.speech import EmotionEstimate
from desk.brief import EMOTION_MOST, MATTER_SIGNS, QUOTE_SIGNS, SPOKEN_SIGNS, SPOKEN_WORDS, build_brief, spoken_signs
from desk.brief_check import check
from desk.conversation_brief import as_call, build_conversation_brief
from records.withdrawal import holds, withdrawn
from service.channels.secrets_written import WrittenSecrets
from service.channels.text_runner import TextMind, text_settings
from service.desk.queue_hours import HoursNow
from tests.fakes.real_engines import espeak
from tests.service.channels.talk_in_writing import FewArticles
from voice.dialog.settings import DialogSettings

CARD = "4539148803436467"
HALF = 9
"""So many of its digits are more than the half that somebody may say before it is known for one."""
TITLES: dict[Language, dict[str, str]] = {"es": {"bill-explained": "Mi factura"}, "en": {"bill-explained": "My bill"}}
VOICES: dict[Language, str] = {"es": "es", "en": "en-gb"}
SPOKEN_MS = 15_000
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

SAID: dict[Language, tuple[str, ...]] = {
    "es": (
        "¿Por qué es tan alta mi factura?",
        "Me llegó otra vez una factura que no entiendo y ya lo dije ayer",
        "No tengo luz en toda la calle",
        "Quiero que venga un técnico",
        "Mi número de cuenta es 48210930",
        "48210930",
        "Me llamo Ana Ruiz",
        "sí",
        "no",
        "no, da igual, no quiero nada de eso",
        "mañana a las diez",
        "64 euros",
        "Quiero hablar con una persona",
        "agente",
        "que me llamen al 612 345 678",
        "no me llamen",
        "Huele a gas en la cocina",
        "¿Qué tiempo hace en Marte?",
        "asdf qwerty",
        "no analice mi ánimo",
        "Esto es una vergüenza, son unos inútiles",
        f"mi tarjeta es {CARD}",
        "mi tarjeta es 4539 1488",
        "0343 6467",
        "el pin es 4711 y la clave es 9931",
        "gracias, adiós",
        "En inglés, por favor",
    ),
    "en": (
        "Why is my bill so high?",
        "I told you yesterday about my bill and nobody did anything about it at all and I am tired of it really tired",
        "There is no power in my street",
        "I want to book a technician",
        "My account number is 48210930",
        "My name is John Ortiz",
        "yes",
        "no",
        "never mind, I do not want that any more",
        "tomorrow at ten",
        "64 euros",
        "I want to talk to a person",
        "call me back on 612 345 678",
        "do not call me",
        "I smell gas in my kitchen",
        "Somebody stole my card and takes money",
        "What is the weather on Mars?",
        "asdf qwerty",
        "don't judge my mood",
        "You are useless, I will sue you",
        f"my card number is {CARD}",
        "my card is 4539 1488",
        "0343 6467",
        "my pin is 4711",
        "thank you, goodbye",
        "In Spanish, please",
    ),
}
NOISE = (
    "https://example.com/" + "a-very-long-address-" * 40,
    "x" * 3_000,
    "Electrodomésticos desproporcionadamente estropeados incomprensiblemente " * 4,
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26",
    "\u202e \U0001f600 \u0301",
    "{matter} {name} %s <script>",
    "",
)
NAMES = ("", "Ana Ruiz", "N" * 400, CARD, "María de los Ángeles Fernández de Córdoba y Álvarez de Toledo 1234567890")

ANYTHING = st.sampled_from(SAID["es"] + SAID["en"]) | st.sampled_from(NOISE) | st.text(max_size=60)


ARTICLES = {
    "bill-explained": ("bill", "factura"),
    "technician-appointment": ("technician", "técnico"),
    "power-outage": ("power", "luz"),
}


class MoreArticles(FewArticles):
    """Knows the articles that lead to forms."""

    async def search(self, query: str, language: Language, limit: int = 5) -> Sequence[Passage]:
        return [
            Passage(
                article_id=f"{topic}:{language}",
                topic=topic,
                title=topic,
                language=language,
                text=f"On {topic}.",
                score=0.9,
            )
            for topic, words in ARTICLES.items()
            if any(word in query.lower() for word in words)
        ][:limit]


@dataclass
class Talk:
    """A conversation's log as it grows, masked as the service masks it."""

    language: Language
    channel: Channel = "chat"
    name: str = ""
    address: str = ""
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = WrittenSecrets()
        self._begin()
        self.keep(self._opened())

    def _begin(self) -> None:
        self.mind = TextMind(text_settings(DialogSettings()), self.language, MoreArticles(), None)

    def _opened(self) -> ConversationOpened:
        return ConversationOpened(
            channel=self.channel,
            provider="web",
            address=self.address,
            name=self.name,
            subject="",
            language=self.language,
            external_id="",
        )

    def keep(self, *bodies: EventBody) -> None:
        for body in bodies:
            seq = len(self.events) + 1
            self.events.append(
                Event(
                    stream_kind="conversation",
                    stream_id="c",
                    seq=seq,
                    at_utc=NOON + timedelta(seconds=seq),
                    t_ms=None,
                    source="dialog",
                    schema_version=SCHEMA_VERSION,
                    body=body,
                )
            )

    async def write(self, text: str, agents: int) -> None:
        number = len(self.events)
        name = MessageId(f"m{number}")
        self.keep(
            MessageReceived(message_id=name, text=self.secrets.mask(text), attachments=(), external_id=str(number))
        )
        hours = HoursNow(now_local=NOON, open=True)
        replied = await self.mind.hear(name, text, hours=hours, agents=agents, now_ms=number * 1_000)
        replied = self.secrets.clean(replied)
        self.keep(*replied.facts)
        if replied.text:
            sent = MessageId(f"b{number}")
            self.keep(
                MessageSent(message_id=sent, author="bot", by="", text=replied.text, answers=name, attachments=())
            )
        else:
            self.keep(MessagePassed(message_id=name))
        if replied.ends:
            self.keep(ConversationClosed(reason="solved"), ConversationReopened())
            self._begin()
        if self.secrets.found:
            self.events = [
                replace(each, body=withdrawn(each.body)) if holds(each.body, self.secrets.cards) else each
                for each in self.events
            ]

    def brief(self, language: Language) -> BriefPrepared:
        return build_conversation_brief(self.events, language, titles=TITLES[language])


def fields_of(brief: BriefPrepared) -> list[str]:
    """Return every text of a brief."""

    def texts(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, dict):
            return [text for each in value.values() for text in texts(each)]
        return [text for each in value for text in texts(each)] if isinstance(value, list) else []

    return texts(json.loads(json.dumps(to_json(brief))))


def look(talk: Talk, language: Language) -> BriefPrepared:
    brief = talk.brief(language)
    as_of_a_call = build_brief(as_call(talk.events), language, titles=TITLES[language])
    assert brief == replace(as_of_a_call, caller=brief.caller)
    assert check(as_call(talk.events), as_of_a_call, language, TITLES[language]) == []
    for text in fields_of(brief):
        digits = re.sub(r"\D", "", text)
        assert not any(CARD[at : at + HALF] in digits for at in range(len(CARD) - HALF + 1)), text
        assert "9931" not in digits
    statements = (*brief.facts, *brief.tried, *brief.open_questions)
    assert all(1 <= fact.event_seq <= len(talk.events) for fact in statements)
    assert len(statements) <= 40, "a person reads it while it rings"
    assert all(len(fact.quote) <= QUOTE_SIGNS for fact in statements)
    assert len(brief.matter) <= MATTER_SIGNS
    assert len(brief.spoken_line.split()) <= SPOKEN_WORDS
    assert spoken_signs(brief.spoken_line) <= SPOKEN_SIGNS
    return brief


@given(
    language=st.sampled_from(LANGUAGES),
    read_in=st.sampled_from(LANGUAGES),
    name=st.sampled_from(NAMES),
    channel=st.sampled_from(("chat", "sms", "email")),
    said=st.lists(st.tuples(ANYTHING, st.integers(0, 2)), min_size=1, max_size=30),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_when_anybody_says_anything_then_the_brief_is_faithful_short_and_without_secrets_after_every_answer(
    language: Language, read_in: Language, name: str, channel: Channel, said: Sequence[tuple[str, int]]
) -> None:
    address = {"chat": "visitor", "sms": "+34612345678", "email": "ana@example.net"}[channel]
    talk = Talk(language, channel, name, address)

    async def whole() -> None:
        for text, agents in said:
            await talk.write(text, agents)
            look(talk, read_in)

    asyncio.run(whole())
    brief = look(talk, read_in)
    if brief.spoken_line:
        assert len(espeak(brief.spoken_line, VOICES[read_in])) * 1000 // 16_000 <= SPOKEN_MS


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_a_talk_is_very_long_then_the_brief_is_not(language: Language) -> None:
    talk = Talk(language)

    async def whole() -> None:
        for turn in range(120):
            await talk.write(SAID[language][turn % 4] if turn % 3 else "asdf qwerty", 0)
            estimate = EmotionEstimate(
                anger_prob=0.9,
                arousal_score=0.5,
                uncertainty=0.2,
                abstained=False,
                reasons=("pressed_voice",),
                model="x",
            )
            for part in range(4):
                at_ms = turn * 4_000 + part
                talk.keep(
                    EmotionEstimated(
                        utterance_id=UtteranceId(f"u{at_ms}"), start_ms=at_ms, end_ms=at_ms, estimate=estimate
                    )
                )

    asyncio.run(whole())
    brief = look(talk, language)
    assert len(brief.emotion) == EMOTION_MOST
    assert len(fields_of(brief)) < 200
    assert [fact.text for fact in brief.facts if "90 %" in fact.text], "what the voice said stands with its doubt"


WANTS: dict[Language, tuple[str, ...]] = {
    "es": ("Quiero pedir cita con un técnico", "déjelo", "¿Por qué es tan alta mi factura?", "no", "Una persona", "no"),
    "en": ("I want to book a technician", "never mind", "Why is my bill so high?", "no", "a person please", "no"),
}
TOLD: dict[Language, set[str]] = {
    "es": {"No quiso: cita del técnico", "No quiso: revisión de la factura", "No quiere que le llamen"},
    "en": {"Did not want: technician's visit", "Did not want: review of the bill", "Does not want to be called back"},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_somebody_drops_a_form_and_a_call_back_then_the_brief_tells_what_they_refused(language: Language) -> None:
    talk = Talk(language)

    async def whole() -> None:
        for text in WANTS[language]:
            await talk.write(text, 0)

    asyncio.run(whole())
    brief = look(talk, language)
    told = [fact.text for fact in brief.tried]
    assert TOLD[language] <= set(told)
    assert not any("técnico" in fact.text or "technician" in fact.text for fact in brief.open_questions)
