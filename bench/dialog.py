"""What callers ask and say: topics, questions without an article, requests for a human, spoken values."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.dialog_slots import (
    HUMAN_KIND,
    Judged,
    human_false_alarms,
    human_request_recall,
    slot_accuracy,
)
from bench.mind import knowledge_base, one_thread
from bench.report import Result, progress, read_manifest, shared_folder
from calls.ids import LANGUAGES, Language, TurnId
from calls.ports import Passage
from calls.speech import Turn
from service.knowledge_base import KnowledgeBase
from service.models_store import ModelStore
from voice.dialog.acts import CallBegan, CallerTurn, LookUp, PassagesFound, RaiseSafety, Say
from voice.dialog.answering import judge
from voice.dialog.policy import DialogPolicy
from voice.dialog.settings import DialogSettings

IN_SCOPE, MULTI, OUT_OF_SCOPE = "in_scope", "multi", "out_of_scope"


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one question."""

    text: str
    language: Language
    kind: str
    wanted: tuple[str, ...]
    """Topics whose articles answer it."""
    answered: tuple[str, ...]
    """Topics that the bot would speak about, in order."""
    best: Passage | None
    alarmed: bool
    """It was taken for a danger."""
    asked_back: str
    """What the bot was in doubt about, empty for nothing."""
    decide_ms: float
    """From the caller's turn to the acts that answer it."""

    @property
    def right(self) -> bool:
        """The one topic is answered first, both topics are answered, or nothing is answered."""
        if self.kind == IN_SCOPE:
            return self.answered[:1] == self.wanted
        return set(self.answered) == set(self.wanted)

    @property
    def false_answer(self) -> bool:
        """The bot would speak an article that was not asked for."""
        return not set(self.answered) <= set(self.wanted)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    folder = shared_folder() / "data" / "dialog"
    parser.add_argument("--questions", type=Path, default=folder / "questions.csv", help="text,language,topic,kind")
    parser.add_argument("--slots", type=Path, default=folder / "slots.csv", help="text,language,slot,value")
    parser.add_argument("--misses", type=Path, help="write what came out wrong to this file")


def run(arguments: argparse.Namespace) -> Result:
    """Measure. A question that is answered only after "did you mean …?" counts as not answered."""
    one_thread()
    store = ModelStore()
    questions, slots = read_manifest(arguments.questions), read_manifest(arguments.slots)
    decisions = asyncio.run(_decide_all(store, questions))
    result = Result(n=len(questions) + len(slots), models={"e5": store.sha256("e5")})
    result.corpus = [arguments.questions, arguments.slots]
    _put_topics(result, decisions)
    _put_judged(result, "human_request_recall", human_request_recall(questions))
    _put_judged(result, "human_no_false_alarm", human_false_alarms(questions))
    _put_judged(result, "slot_accuracy", slot_accuracy(slots))
    result.share("safety_false_alarm", [d.alarmed for d in decisions])
    result.share("asked_back", [bool(d.asked_back) for d in decisions if d.kind != HUMAN_KIND])
    result.percentile("decide_p50_ms", [d.decide_ms for d in decisions], 50)
    result.percentile("decide_p95_ms", [d.decide_ms for d in decisions], 95)
    if arguments.misses:
        arguments.misses.write_text(
            "".join(f"{_line(d)}\n" for d in decisions if not d.right or d.alarmed or d.asked_back), encoding="utf-8"
        )
    return result


async def _decide_all(store: ModelStore, rows: Sequence[dict[str, str]]) -> list[Decision]:
    async with knowledge_base(store) as knowledge:
        progress(f"asking {len(rows)} questions")
        return [
            await _decide(knowledge, row, language)
            for row in rows
            for language in LANGUAGES
            if row["language"] == language
        ]


async def _decide(knowledge: KnowledgeBase, row: dict[str, str], language: Language) -> Decision:
    """Put a question to a fresh call: what the policy decides takes part in the time, the search in the topics."""
    settings = DialogSettings()
    policy = DialogPolicy(settings, language, new_reference=lambda flow: flow)
    policy.step(CallBegan(now_local=datetime.now(UTC), caller="", open=True, agents_signed_in=1), 0)
    turn = Turn(
        turn_id=TurnId("turn-1"), speaker="caller", text=row["text"], language=language, start_ms=0, end_ms=1_000
    )
    start_s = time.perf_counter()
    meaning = await knowledge.meaning(turn.text, language)
    acts = policy.step(CallerTurn(turn=turn, meaning=meaning), 10_000)
    look_up = next((act for act in acts if isinstance(act, LookUp)), None)
    if look_up is not None:
        passages = tuple(await knowledge.search(look_up.query, look_up.language))
        policy.step(PassagesFound(query_id=look_up.query_id, passages=passages), 10_000)
    decide_ms = (time.perf_counter() - start_s) * 1000.0
    if look_up is None or look_up.query != row["text"]:
        passages = tuple(await knowledge.search(row["text"], language))
    finding = judge(passages, settings)
    return Decision(
        text=row["text"],
        language=language,
        kind=row["kind"],
        wanted=tuple(topic for topic in row["topic"].split("+") if topic),
        answered=tuple(p.topic for p in finding.passages) if finding.kind == "answer" else (),
        best=passages[0] if passages else None,
        alarmed=any(isinstance(act, RaiseSafety) for act in acts),
        asked_back=next((a.detail for a in acts if isinstance(a, Say) and a.detail.startswith("doubt:")), ""),
        decide_ms=decide_ms,
    )


def _put_topics(result: Result, decisions: Sequence[Decision]) -> None:
    for suffix, chosen in _by_language(decisions):
        result.share(f"topic_accuracy{suffix}", [d.right for d in chosen if d.kind == IN_SCOPE])
        result.share(f"false_answer_rate{suffix}", [d.false_answer for d in chosen if d.kind != HUMAN_KIND])
        result.share(f"out_of_scope_recall{suffix}", [d.right for d in chosen if d.kind == OUT_OF_SCOPE])
        result.share(f"multi_both{suffix}", [d.right for d in chosen if d.kind == MULTI])


def _by_language(decisions: Sequence[Decision]) -> list[tuple[str, Sequence[Decision]]]:
    parts = [(f"_{language}", [d for d in decisions if d.language == language]) for language in LANGUAGES]
    return [("", decisions), *parts]


def _put_judged(result: Result, key: str, judged: Sequence[Judged]) -> None:
    result.share(key, [j.right for j in judged])
    for language in LANGUAGES:
        result.share(f"{key}_{language}", [j.right for j in judged if j.language == language])


def _line(decision: Decision) -> str:
    best = f"{decision.best.topic} {decision.best.score:.2f}" if decision.best else "nothing"
    wanted, answered = "+".join(decision.wanted) or "none", "+".join(decision.answered) or "none"
    doubt = "danger" if decision.alarmed else decision.asked_back
    told = f"{doubt} wanted {wanted}, answered {answered}, best {best}"
    return f"{decision.kind} {decision.language}: {told}: {decision.text}"
