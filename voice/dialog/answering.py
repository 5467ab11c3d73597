"""From a question to passages and from passages to an answer. No words are made up here: answers are passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from calls.ports import Passage
from voice.dialog.settings import DialogSettings
from voice.dialog.text import plain, plain_speech

SHORT_FOLLOW_UP_WORDS = 6
_FOLLOW_UP = re.compile(r"^(?:and|but|so|or|what about|how about|y|pero|o|entonces)\b")
_QUESTION = re.compile(
    r"[?¿]|^(?:\W*(?:um|uh|eh|pues|but|pero|and|y|ok|okay|wait|espera|oiga|oye|so|sorry|perdon|"
    r"perdone),? ?)*"
    r"(?:how|what|when|where|why|who|which|can|could|do|does|is|are|will|would|should|have|que|"
    r"como|cuando|cuanto|cuanta|cuantos|cuantas|donde|por que|quien|cual|cuales|puedo|puede|hay|"
    r"tengo que|"
    r"se puede|es posible|me cobran|what's|tell me)\b"
)


def is_question(text: str) -> bool:
    """Return whether the words ask something, rather than state a value."""
    return bool(_QUESTION.search(plain(text)) or "?" in text or "¿" in text) and len(plain(text).split()) >= 2


def with_context(text: str, last_question: str) -> str:
    """Return the words to look up: a short follow-up ("and how much is it?") takes the last question along."""
    speech = plain_speech(text)
    if last_question and len(speech.split()) <= SHORT_FOLLOW_UP_WORDS and _FOLLOW_UP.match(speech):
        return f"{last_question} {text}"
    return text


@dataclass(frozen=True, slots=True)
class Finding:
    """What the passages say about a question."""

    kind: Literal["answer", "unsure", "unknown"]
    passages: tuple[Passage, ...]
    """The one or two to be spoken, or the one or two to choose between; the nearest miss when unknown."""


SECOND_CHOICE_SHARE = 0.5
"""A second topic is offered in "did you mean …?" from this share of the clarifying level on. Source: our choice."""


def judge(passages: Sequence[Passage], settings: DialogSettings) -> Finding:
    """Choose what to do with the passages of a question, best first.

    Each passage at the answer level answers a part of the question; two at most are spoken. Below it, one or two are
    asked about; when nothing is near, the question is out of scope.
    """
    sure = [p for p in passages if p.score >= settings.answer_min_score]
    if sure:
        return Finding("answer", tuple(sure[:2]))
    ranked = sorted(passages, key=lambda p: p.score, reverse=True)
    if ranked and ranked[0].score >= settings.clarify_min_score:
        near = [p for p in ranked[:2] if p.score >= settings.clarify_min_score * SECOND_CHOICE_SHARE]
        return Finding("unsure", tuple(near))
    return Finding("unknown", tuple(ranked[:1]))
