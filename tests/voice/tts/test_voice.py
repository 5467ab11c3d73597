import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import SpeechChunk
from tests.waiting import eventually
from voice.tts.cache import SpeechCache
from voice.tts.engine import SpeechEngine, SpeechModel, Utterance, VoiceDescription
from voice.tts.voice import OtherVoice, Voice, VoiceChoice
from voice.tts.words import Span
from voice.workers.client import EngineSpec
from voice.workers.local import LocalWorker

pytestmark = pytest.mark.realtime

SPOKEN: dict[str, list[str]] = {}
BROKEN: set[str] = set()


class ToneModel(SpeechModel):
    """Hums 100 ms for each word; may be told to fail."""

    def __init__(self, name: str) -> None:
        self._name = name

    def describe(self) -> VoiceDescription:
        return VoiceDescription(weights_sha256=self._name, voices=())

    def utter(self, text: str, *, voice: str, language: str, speed: float) -> Utterance:
        if text != "Hola, buenas tardes.":
            SPOKEN[self._name].append(text)
        if self._name in BROKEN:
            raise CallCentreError("tts.broken", "It is broken.", fault="us")
        words = text.split()
        count = round(len(words) * 2400 / speed)
        tone = 0.1 * np.sin(np.arange(count) * 0.1).astype(np.float32)
        return Utterance(tone, 24_000, tuple(Span(index * 0.1, index * 0.1 + 0.1) for index in range(len(words))))


def create(options: dict[str, Any]) -> SpeechEngine:
    SPOKEN[options["name"]] = []
    return SpeechEngine(ToneModel(options["name"]), language="es")


class FakeClock:
    def __init__(self) -> None:
        self.ms = 0

    def now_ms(self) -> int:
        return self.ms

    def now_utc(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalWorker]:
    import sys

    monkeypatch.setitem(sys.modules, "tone_voice", sys.modules[__name__])
    BROKEN.clear()
    specs = [EngineSpec(name, "tone_voice:create", {"name": name}) for name in ("first", "second")]
    worker = LocalWorker("tts", specs)
    await worker.start()
    yield worker
    await worker.stop()


def voice_of(worker: LocalWorker, *, clock: FakeClock | None = None, told: list[OtherVoice] | None = None,
             cache: SpeechCache | None = None) -> Voice:  # fmt: skip
    choices = [VoiceChoice(worker, "first"), VoiceChoice(worker, "second")]
    listener = told.append if told is not None else None
    return Voice({"es": choices}, clock=clock or FakeClock(), cache=cache, on_other_voice=listener)


async def speak(voice: Voice, text: str, speed: float = 1.0) -> list[SpeechChunk]:
    return [chunk async for chunk in voice.speak(text, "es", speed=speed)]


async def test_when_spoken_then_chunks_hold_the_written_words_and_their_times(worker: LocalWorker) -> None:
    voice = voice_of(worker)
    chunks = await speak(voice, "Muy bien, señora. Son 42,50 €, gracias.")
    assert [[word.text for word in chunk.words] for chunk in chunks] == [
        ["Muy", "bien,", "señora."],
        ["Son", "42,50 €,"],
        ["gracias."],
    ]
    assert all(chunk.rate_hz == 16_000 and chunk.samples.dtype == np.int16 for chunk in chunks)
    son, price = chunks[1].words
    assert son.end_ms == pytest.approx(100, abs=10)
    assert price.end_ms - price.start_ms == pytest.approx(700, abs=10)
    assert SPOKEN["first"][1] == "Son cuarenta y dos euros con cincuenta céntimos,"
    assert len(chunks[0].samples) == pytest.approx((300 + 280) * 16, abs=200)
    assert np.abs(chunks[0].samples[:80]).max() > 100
    await voice.stop()


async def test_when_said_again_then_it_comes_from_the_cache_and_sounds_the_same(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    await voice.start()
    first = await speak(voice, "Hola, ¿qué tal?")
    await voice.stop()
    again = await speak(voice_of(worker, cache=SpeechCache(tmp_path)), "Hola, ¿qué tal?")
    assert [chunk.cached for chunk in first + again] == [False] * len(first) + [True] * len(again)
    assert all(np.array_equal(one.samples, two.samples) for one, two in zip(first, again, strict=True))
    assert [chunk.words for chunk in first] == [chunk.words for chunk in again]
    slower = await speak(voice, "Hola, ¿qué tal?", speed=0.8)
    assert not slower[0].cached
    await voice.stop()


async def test_when_words_belong_to_one_caller_then_their_sound_is_not_kept_on_disk(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    await voice.start()

    def kept() -> list[Path]:
        return sorted(path for path in tmp_path.rglob("*") if path.is_file())

    assert [chunk.cached async for chunk in voice.speak("Es el cuatro.", "es", keep=False)] == [False]
    await voice.warmed()
    assert kept() == []
    await speak(voice, "Dígame.")
    await voice.warmed()
    before = kept()
    assert len(before) == 1
    assert [chunk.cached async for chunk in voice.speak("Dígame.", "es", keep=False)] == [True]
    assert kept() == before
    await voice.stop()


async def test_when_the_first_voice_fails_then_the_second_speaks_and_it_is_told(worker: LocalWorker) -> None:
    told: list[OtherVoice] = []
    clock = FakeClock()
    voice = voice_of(worker, clock=clock, told=told)
    BROKEN.add("first")
    assert len(await speak(voice, "Buenos días a todos.")) == 1
    assert told == [OtherVoice("es", "first", "second", "tts.broken")]
    clock.ms += 10_000
    await speak(voice, "Buenas noches a todos.")
    assert len(SPOKEN["first"]) == 1
    BROKEN.clear()
    clock.ms += 30_000
    await speak(voice, "Buenas tardes a todos.")
    assert SPOKEN["first"][-1] == "Buenas tardes a todos."
    assert len(told) == 2


async def test_when_every_voice_fails_then_the_error_says_so(worker: LocalWorker) -> None:
    told: list[OtherVoice] = []
    BROKEN.update(("first", "second"))
    with pytest.raises(CallCentreError, match="No voice could speak") as caught:
        await speak(voice_of(worker, told=told), "Buenos días.")
    assert caught.value.code == "tts.no_voice"
    assert told[-1].used is None


async def test_when_a_language_has_no_voice_then_the_error_says_so(worker: LocalWorker) -> None:
    with pytest.raises(CallCentreError, match="No voice could speak"):
        async for _ in voice_of(worker).speak("Hello", "en"):
            pass


async def test_when_there_is_nothing_to_say_then_nothing_comes(worker: LocalWorker) -> None:
    assert await speak(voice_of(worker), " … ") == []


async def test_when_the_iterator_is_closed_then_later_clauses_are_never_made(worker: LocalWorker) -> None:
    chunks = voice_of(worker).speak("Primera frase. Segunda frase. Tercera frase.", "es")
    async with contextlib.aclosing(chunks):
        await anext(chunks)
    await asyncio.sleep(0.05)
    assert SPOKEN["first"] == ["Primera frase."]


async def test_when_texts_are_warmed_then_they_are_cached_but_not_while_someone_is_spoken_to(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    chunks = voice.speak("Una frase. Otra frase.", "es")
    await anext(chunks)
    voice.warm([("Gracias por llamar.", "es"), ("Un momento, por favor.", "es")])
    await asyncio.sleep(0.05)
    assert voice.warming == 2
    assert "Gracias por llamar." not in SPOKEN["first"]
    await chunks.aclose()
    async with asyncio.timeout(5):
        await voice.warmed()
    await voice.stop()
    assert all(chunk.cached for chunk in await speak(voice, "Un momento, por favor."))


async def test_when_some_of_the_texts_are_waited_for_then_the_others_still_wait(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    voice.warm([("Gracias por llamar.", "es"), *((f"Texto número {index}.", "es") for index in range(50))])
    voice.warm([("Texto número 1.", "es"), ("Gracias por llamar.", "es")])
    assert voice.warming == 51, "what waits already is not made twice"
    voice.warm([("Texto número 49.", "es")], urgent=True)
    assert voice.warming == 52, "but what has become urgent is made first"
    await voice.warmed([("Gracias por llamar.", "es")])
    assert 0 < voice.warming <= 50
    await voice.stop()


async def test_when_only_first_clauses_are_warmed_then_the_rest_is_made_when_spoken(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    voice.warm([("Primera frase. Segunda frase.", "es")], clauses=1)
    await voice.warmed()
    assert [chunk.cached for chunk in await speak(voice, "Primera frase. Segunda frase.")] == [True, False]
    await voice.stop()


async def test_when_calls_claim_the_voice_then_nothing_is_rendered_ahead_until_all_are_over(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    first, second = voice.claim(), voice.claim()
    voice.warm([("Gracias por llamar.", "es")])
    first.end()
    await asyncio.sleep(0.05)
    assert SPOKEN["first"] == []
    second.end()
    await voice.warmed()
    assert SPOKEN["first"] == ["Gracias por llamar."]
    await voice.stop()


async def test_when_all_callers_listen_then_only_beginnings_are_rendered_ahead(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    texts: list[tuple[str, Language]] = [("Primera frase. Segunda frase.", "es"), ("Tercera frase. Cuarta.", "es")]
    first, second = voice.claim(), voice.claim()
    voice.warm(texts, clauses=1)
    voice.warm(texts)
    first.rests = True
    await asyncio.sleep(0.05)
    assert SPOKEN["first"] == [], "one caller may want an answer"
    second.rests = True
    await eventually(lambda: voice.warming == 2)
    assert SPOKEN["first"] == ["Primera frase.", "Tercera frase."]
    second.rests = False
    voice.warm([("Quinta frase.", "es")], clauses=1)
    await asyncio.sleep(0.05)
    assert voice.warming == 3
    first.end()
    second.end()
    await voice.warmed()
    assert SPOKEN["first"][2:] == ["Segunda frase.", "Cuarta.", "Quinta frase."]
    await voice.stop()


async def test_when_words_must_never_be_late_then_they_are_rendered_first_and_while_calls_go_on(
    worker: LocalWorker, tmp_path: Path
) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    claim = voice.claim()
    voice.warm([("Salga del edificio.", "es"), ("No encienda nada.", "es")], urgent=True)
    voice.warm([("Gracias por llamar.", "es")])
    await eventually(lambda: voice.warming == 1)
    assert SPOKEN["first"] == ["Salga del edificio.", "No encienda nada."]
    claim.end()
    await voice.warmed()
    assert SPOKEN["first"][-1] == "Gracias por llamar."
    await voice.stop()


async def test_when_warming_is_cancelled_then_nothing_waits(worker: LocalWorker, tmp_path: Path) -> None:
    voice = voice_of(worker, cache=SpeechCache(tmp_path))
    voice.warm([(f"Texto número {index}.", "es") for index in range(50)])
    voice.cool()
    assert voice.warming == 0
    await voice.stop()


async def test_when_the_speed_is_absurd_then_the_engine_refuses(worker: LocalWorker) -> None:
    with pytest.raises(CallCentreError, match="speed"):
        await worker.call("first", "synthesise", {"text": "a", "speed": 9.0})
    with pytest.raises(CallCentreError, match="no method"):
        await worker.call("first", "sing", {})


def replies(engine: SpeechEngine, method: str, data: dict[str, Any]) -> Iterator[Any]:
    return engine.handle(method, data, {})


def test_when_described_then_the_weights_are_named() -> None:
    engine = create({"name": "third"})
    assert next(replies(engine, "describe", {})).data == {"weights_sha256": "third", "voices": []}
