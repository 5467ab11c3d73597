"""From a question to passages and from passages to an answer. No words are made up here: answers are passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from calls.ports import Passage
from voice.dialog.settings import DialogSettings
from voice.dialog.text import plain, plain_speech

_JOINTS = re.compile(
    r"[,;.?!]*\s+(?:and also|and then|and while (?:im|i'm|i am|we're|you're) (?:at it|on it|there)|and another thing|and besides|also|plus|oh and|and on top of that|and by the way|"
    r"y adem[aá]s|y tambi[eé]n|y otra cos\w+|y de paso|de paso|y aparte|aparte|adem[aá]s|y ya que est\w+|y luego|y por otro lado|por cierto|y mira|y, mira|y aprovecho)\b[,:]?\s*"
    r"|[?]\s+(?=\S)|[;:]\s+(?=\S+ \S+)|[,.]\s+(?:so|and|y|e|but|pero|then|or)\s+|\s+(?:and|y)\s+(?=(?:how|what|when|where|why|who|which|can|could|do|does|is|would|will|i|we|my|the|change|put|book|send|tell|go|"
    r"que|qu[eé]|c[oó]mo|cu[aá]n\w+|d[oó]nde|por|quiero|quisiera|necesito|me|si|se|no|tambi[eé]n|la|el|mi|poner|p[oó]ngame|c[aá]mbieme|cambiar|ya|otr[oa])\b)",
    re.IGNORECASE,
)
_MIN_PART_WORDS = 3
MULTI_MARGIN = 0.0
"""A part's best passage must reach the answer level by itself; no bonus for being one of two."""

SHORT_FOLLOW_UP_WORDS = 6
_FOLLOW_UP = re.compile(r"^(?:and|but|so|or|what about|how about|y|pero|o|entonces)\b")
_QUESTION = re.compile(
    r"[?¿]|^(?:\W*(?:um|uh|eh|pues|but|pero|and|y|ok|okay|wait|espera|oiga|oye|so|sorry|perdon|perdone),? ?)*"
    r"(?:how|what|when|where|why|who|which|can|could|do|does|is|are|will|would|should|have|que|como|cuando|cuanto|cuanta|cuantos|cuantas|donde|por que|quien|cual|cuales|puedo|puede|hay|tengo que|"
    r"se puede|es posible|me cobran|what's|tell me)\b"
)


def split_question(text: str) -> tuple[str, ...]:
    """Return the parts of a turn that asks for two things, at most three; empty when it asks for one.

    >>> split_question("My internet's down, and I also want to know why the bill went up.")
    ("My internet's down", 'I also want to know why the bill went up.')
    """
    parts = [part.strip(" ,.;:¿?¡!") for part in _JOINTS.split(text) if part]
    merged: list[str] = []
    for part in parts:
        if merged and (len(part.split()) < _MIN_PART_WORDS or len(merged[-1].split()) < _MIN_PART_WORDS):
            merged[-1] = f"{merged[-1]} {part}"
        else:
            merged.append(part)
    return tuple(merged[:3]) if len(merged) >= 2 else ()


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


def judge(whole: Sequence[Passage], parts: Sequence[Sequence[Passage]], settings: DialogSettings) -> Finding:
    """Choose what to do with the passages of a question and of its parts."""
    sure = [found[0] for found in parts if found and found[0].score >= settings.answer_min_score + MULTI_MARGIN]
    topics = dict.fromkeys(passage.topic for passage in sure)
    if len(topics) >= 2:
        best = [max((p for p in sure if p.topic == topic), key=lambda p: p.score) for topic in topics]
        return Finding("answer", tuple(best[:2]))
    candidates = [*whole[:1], *sure]
    top = max(candidates, key=lambda p: p.score, default=None)
    if top is not None and top.score >= settings.answer_min_score:
        return Finding("answer", (top,))
    near = [p for p in whole if p.score >= settings.clarify_min_score]
    if near:
        return Finding("unsure", tuple(near[:2]))
    return Finding("unknown", tuple(whole[:1]))
