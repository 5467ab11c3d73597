"""What turns mean beside their matter: dangers, questions about what is kept, off-switches, requests for humans.

Without files: the wordings in `knowledge/wordings`, each style judged by a net that never saw it. With files (CSV with
text, language and, for dangers and wishes, kind): each row is said in a fresh call with the net and without it.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.mind import knowledge_base, one_thread
from bench.report import Result, progress, read_manifest
from calls.ids import LANGUAGES, Language, TurnId
from calls.speech import MeaningEstimate, Turn
from knowledge.index import SHIPPED_VECTORS
from knowledge.meaning import DANGERS, HARMLESS, ORDINARY_STYLE, ORDINARY_WEIGHT, WORDINGS, read_wordings, weigh
from knowledge.ranking import Saying, TopicRanking
from knowledge.text import fold, terms
from knowledge.vectors import EmbedKind, Floats, VectorStore
from service.models_store import ModelStore
from voice.dialog.acts import CallBegan, CallerTurn, DialogAct, Escalate, RaiseSafety, Say, SayDone, SetConsent
from voice.dialog.doubts import DANGER_LIMITS, WISH_LIMITS
from voice.dialog.policy import DialogPolicy
from voice.dialog.settings import DialogSettings

FOLDS = 8
"""Styles without a letter of their own (values, talk, ordinary matters) are spread over as many folds."""

FILES = ("dangers", "harmless", "privacy", "human")
_NAMES = {"off_recording": "recording_off", "off_emotion": "emotion_off"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one turn brought."""

    text: str
    language: Language
    kind: str
    """What is meant, `none` for nothing."""
    alone: str
    """What the policy did by the words alone: a kind, or empty."""
    done: str
    """The same with the meaning."""
    asked: str
    """The kind that was asked about."""
    decide_ms: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    for name in FILES:
        parser.add_argument(f"--{name}", type=Path, help=f"CSV of {name}: text,language,kind")
    parser.add_argument("--misses", type=Path, help="write what came out wrong to this file")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    one_thread()
    store = ModelStore()
    files = {name: path for name in FILES if (path := getattr(arguments, name)) is not None}
    if not files:
        return asyncio.run(_styles(store))
    rows = [(name, row) for name, path in files.items() for row in read_manifest(path)]
    outcomes = asyncio.run(_say_all(store, rows))
    result = Result(n=len(outcomes), models={"e5": store.sha256("e5")}, corpus=list(files.values()))
    for name in files:
        _put(result, name, [o for (file, _), o in zip(rows, outcomes, strict=True) if file == name])
    result.percentile("decide_p50_ms", [o.decide_ms for o in outcomes], 50)
    result.percentile("decide_p95_ms", [o.decide_ms for o in outcomes], 95)
    if arguments.misses:
        wrong = [o for o in outcomes if _right(o) is False]
        lines = [f"{o.kind} {o.language}: done {o.done or '-'}, asked {o.asked or '-'}: {o.text}\n" for o in wrong]
        arguments.misses.write_text("".join(lines), encoding="utf-8")
    return result


# ------------------------------------------------------------------------------------------------ with the policy


async def _say_all(store: ModelStore, rows: Sequence[tuple[str, dict[str, str]]]) -> list[Outcome]:
    async with knowledge_base(store) as knowledge:
        progress(f"saying {len(rows)} turns")
        outcomes = []
        for name, row in rows:
            language: Language = "es" if row["language"] == "es" else "en"
            start_s = time.perf_counter()
            meaning = await knowledge.meaning(row["text"], language)
            done, asked = said(row["text"], language, meaning)
            decide_ms = (time.perf_counter() - start_s) * 1000.0
            alone, _ = said(row["text"], language, None)
            kind = _kind(name, row.get("kind", ""))
            outcomes.append(Outcome(row["text"], language, kind, alone, done, asked, decide_ms))
        return outcomes


def _kind(file: str, name: str) -> str:
    """Return what a row means; in the files of wishes `ask` is the wish itself."""
    return file if name == "ask" else _NAMES.get(name, name) or HARMLESS


def said(text: str, language: Language, meaning: MeaningEstimate | None) -> tuple[str, str]:
    """Say one turn in a fresh call; return what was done and what was asked about, each a kind or empty."""
    policy = DialogPolicy(DialogSettings(), language, new_reference=lambda flow: flow)
    began = CallBegan(now_local=datetime.now(UTC), caller="", open=True, agents_signed_in=1)
    for say in [act for act in policy.step(began, 0) if isinstance(act, Say)]:
        policy.step(SayDone(say_id=say.say_id, heard_text=say.text, interrupted=False), 5_000)
    turn = Turn(turn_id=TurnId("turn-1"), speaker="caller", text=text, language=language, start_ms=0, end_ms=1_000)
    acts = policy.step(CallerTurn(turn=turn, meaning=meaning), 10_000)
    asked = next((a.detail.removeprefix("doubt:") for a in acts if isinstance(a, Say) and "doubt:" in a.detail), "")
    return next((kind for act in acts if (kind := _done(act))), ""), asked


def _done(act: DialogAct) -> str:
    match act:
        case RaiseSafety(kind=kind):
            return kind
        case SetConsent(subject=subject, given=False, how="words"):
            return f"{subject}_off"
        case Escalate(reason="caller_asked"):
            return "human"
        case Say(detail="privacy"):
            return "privacy"
        case _:
            return ""


def _right(outcome: Outcome) -> bool:
    """Return whether the turn came out right; a question back is right when something was meant."""
    if outcome.kind == HARMLESS:
        return not outcome.done and not outcome.asked
    both = {outcome.done, outcome.asked}
    return bool(both & set(DANGERS)) if outcome.kind in DANGERS else outcome.kind in both


def _put(result: Result, name: str, outcomes: Sequence[Outcome]) -> None:
    kinds = sorted({o.kind for o in outcomes})
    for kind in kinds:
        for language in ("", *LANGUAGES):
            chosen = [o for o in outcomes if o.kind == kind and language in ("", o.language)]
            key = f"{name}_{kind}{'_' if language else ''}{language}"
            result.put(f"{key}_n", len(chosen))
            if kind == HARMLESS:
                result.share(f"{key}_false_alarm_words", [bool(o.alone) for o in chosen])
                result.share(f"{key}_false_alarm", [bool(o.done) for o in chosen])
            else:
                same = set(DANGERS) if kind in DANGERS else {kind}
                result.share(f"{key}_recall_words", [o.alone in same for o in chosen])
                result.share(f"{key}_recall", [o.done in same for o in chosen])
                result.share(f"{key}_recall_or_asked", [_right(o) for o in chosen])
            result.share(f"{key}_asked", [bool(o.asked) for o in chosen])


# ------------------------------------------------------------------------------------------ each style left out


async def _styles(store: ModelStore) -> Result:
    """Judge each wording by a net that never saw its style, at the thresholds in force."""

    async def none_missing(texts: Sequence[str], kind: EmbedKind) -> Floats:
        raise RuntimeError(f"run knowledge.build: {len(texts)} {kind} vectors are missing")

    rows = [(language, *row) for language in LANGUAGES for row in read_wordings(WORDINGS, language)]
    vectors = await VectorStore(none_missing, store.sha256("e5"), shipped=WORDINGS / SHIPPED_VECTORS).vectors(
        [fold(words) for *_, words in rows], "query"
    )
    letters = "abcdefgh"
    folds = np.array([letters.index(row[2]) if row[2] in letters else i % FOLDS for i, row in enumerate(rows)])
    sayings = [
        Saying(
            tuple(terms(words, language)),
            None if kind == HARMLESS else kind,
            ORDINARY_WEIGHT if style == ORDINARY_STYLE else 1.0,
        )
        for language, kind, style, words in rows
    ]
    found: list[tuple[str, str, str, MeaningEstimate]] = []
    for fold_number in range(FOLDS):
        progress(f"style {letters[fold_number]}")
        seen = np.flatnonzero(folds != fold_number)
        ranking = TopicRanking([sayings[i] for i in seen], vectors[seen])
        for i in np.flatnonzero(folds == fold_number):
            language, kind, style, _ = rows[i]
            found.append((language, kind, style, weigh(ranking, vectors[i : i + 1], list(sayings[i].terms))))
    return _style_figures(found)


def _style_figures(found: Sequence[tuple[str, str, str, MeaningEstimate]]) -> Result:
    result = Result(n=len(found))
    sure, ask = DANGER_LIMITS.sure, DANGER_LIMITS.ask
    groups: dict[str, list[MeaningEstimate]] = {
        kind: [m for _, k, _, m in found if k == kind] for kind in (*DANGERS, *WISH_LIMITS)
    }
    groups["look_alike"] = [m for _, k, style, m in found if k == HARMLESS and style != ORDINARY_STYLE]
    groups["ordinary"] = [m for _, k, style, m in found if k == HARMLESS and style == ORDINARY_STYLE]
    for name, meanings in groups.items():
        if name in WISH_LIMITS:
            limits = next(limits for wish, limits in WISH_LIMITS.items() if wish == name)
            result.share(f"{name}_sure", [m.wish == name and m.wish_score >= limits.sure for m in meanings])
            result.share(
                f"{name}_asked", [m.wish == name and limits.sure > m.wish_score >= limits.ask for m in meanings]
            )
            continue
        result.share(f"{name}_sure", [m.danger_score >= sure for m in meanings])
        result.share(f"{name}_asked", [sure > m.danger_score >= ask for m in meanings])
        if name not in DANGERS:
            result.share(f"{name}_wish_sure", [m.wish_score >= WISH_LIMITS[m.wish].sure for m in meanings])
            result.share(
                f"{name}_wish_asked",
                [WISH_LIMITS[m.wish].sure > m.wish_score >= WISH_LIMITS[m.wish].ask for m in meanings],
            )
    return result
