"""Hearing with the real engines in real time: made-up speech in both languages, and recorded speech."""

from __future__ import annotations

import asyncio
import csv
import io
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from calls.ids import Language
from records.spoken_digits import digit_runs
from tests.fakes.hearing_ear import Ear, Feeder, WallClock, quiet
from tests.fakes.real_engines import SHARED, asr_engines, caller_says, ears_engines, telephone
from voice.hearing import Hearing, HearingSettings
from voice.turn.settings import TurnSettings
from voice.workers.local import LocalWorker

pytestmark = pytest.mark.realtime

UNHURRIED = HearingSettings(turn=TurnSettings(decode_deadline_ms=25_000))
"""Machines that run tests may be many times slower than one that takes calls."""


class TimedEar(Ear):
    """Notes how long after the last voice each turn ended."""

    feeder: Feeder
    latencies_ms: list[int]

    def turn_ended(self, turn: object, spoken_until_ms: int) -> None:
        self.latencies_ms.append(self.feeder.now_on_media_ms() - spoken_until_ms)
        self._keep("turn", (turn, spoken_until_ms))


@asynccontextmanager
async def hearing(language: Language | None) -> AsyncIterator[tuple[Hearing, Feeder, TimedEar]]:
    ears, asr = LocalWorker("ears", ears_engines()), LocalWorker("asr", asr_engines())
    await asyncio.gather(ears.start(), asr.start())
    ear = TimedEar()
    ear.latencies_ms = []
    heard = Hearing(ears, asr, ear, clock=WallClock(), settings=UNHURRIED, language=language)
    ear.feeder = Feeder(heard)
    running = asyncio.create_task(heard.run())
    try:
        yield heard, ear.feeder, ear
    finally:
        await heard.stop()
        await running
        await asyncio.gather(ears.stop(), asr.stop())


@pytest.mark.parametrize(
    ("first", "rest", "language"),
    [
        ("I would like to know whether my", "internet connection can be made faster", "en"),
        ("quisiera saber si la factura de", "la luz de mi casa es correcta", "es"),
    ],
)
async def test_when_a_sentence_has_a_pause_in_the_middle_then_it_is_one_turn(
    first: str, rest: str, language: Language
) -> None:
    speech = [telephone(caller_says(text, language)) for text in (first, rest)]
    async with hearing(None) as (_, feeder, ear):
        await feeder.feed(quiet(400), speech[0], quiet(650), speech[1], quiet(2_200), real_time=True)
        await ear.until("turn")
    assert len(ear.turns) == 1
    assert ear.turns[0].language == language
    assert len(ear.turns[0].text.split()) >= 6
    print(f"{language}: the turn ended {ear.latencies_ms[0]} ms after the last voice")  # noqa: T201 - shown by pytest -s


@pytest.mark.parametrize(
    ("spoken", "language"),
    [
        (("seis uno dos", "tres cuatro cinco", "siete ocho nueve"), "es"),
        (("six one two", "three four five", "seven eight nine"), "en"),
    ],
)
async def test_when_digits_are_dictated_with_long_pauses_then_it_is_one_turn(
    spoken: tuple[str, ...], language: Language
) -> None:
    groups = [telephone(caller_says(text, language)) for text in spoken]
    async with hearing(language) as (heard, feeder, ear):
        heard.expect("digits", length=9)
        await feeder.feed(
            quiet(400), groups[0], quiet(1_100), groups[1], quiet(1_100), groups[2], quiet(2_600), real_time=True
        )
        await ear.until("turn")
    assert len(ear.turns) == 1
    read = "".join(run.digits for run in digit_runs(ear.turns[0].text.split()))
    assert read == "612345789", ear.turns[0].text


async def test_when_there_is_only_silence_and_noise_then_no_turn_ends() -> None:
    async with hearing(None) as (_, feeder, ear):
        noise = np.random.default_rng(5).normal(0, 900, 8_000 * 2).astype(np.int16)
        await feeder.feed(np.zeros(8_000, dtype=np.int16), noise, quiet(800), real_time=True)
    assert ear.turns == []
    assert ear.all("utterance") == []


async def test_when_the_caller_says_okay_over_the_bot_then_the_bot_goes_on() -> None:
    okay = telephone(caller_says("okay", "en"))
    async with hearing("en") as (heard, feeder, ear):
        heard.bot_speaking(True)
        await feeder.feed(quiet(400), okay, quiet(1_500), real_time=True)
        await ear.until("barge_in", 2)
    assert ear.all("barge_in") == ["pause", "resume"]
    assert ear.turns == []


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("path", "language"),
    [("telephone-en", "en"), ("prompts-es", "es")],
)
async def test_when_recorded_callers_speak_then_each_turn_ends_within_seconds(path: str, language: Language) -> None:
    manifest = SHARED / "data" / "asr" / "manifest.csv"
    if not manifest.is_file():
        pytest.skip(f"no recorded speech at {manifest}; set WARMLINE_SHARED")
    import soundfile
    import soxr

    rows = [
        row
        for row in csv.DictReader(io.StringIO(manifest.read_text()))
        if row["path"].startswith(path) and 1.5 < float(row["duration_s"]) < 3.5 and len(row["text"].split()) >= 4
    ][:2]
    async with hearing(language) as (_, feeder, ear):
        for row in rows:
            samples, rate_hz = soundfile.read(manifest.parent / row["path"], dtype="int16")
            speech = soxr.resample(samples, rate_hz, 8_000) if rate_hz != 8_000 else samples
            before = len(ear.turns)
            await feeder.feed(quiet(300), speech, quiet(1_600), real_time=True)
            await ear.until("turn", before + 1)
    assert sum(len(turn.text.split()) for turn in ear.turns) >= 3 * len(rows)
    print(f"{language}: turns ended {sorted(ear.latencies_ms)} ms after the last voice")  # noqa: T201 - shown by pytest -s
    assert statistics.median(ear.latencies_ms) <= 4_000  # about 500 on an idle machine; tests run on busy ones
