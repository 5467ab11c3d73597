"""Turn machine, call machine and dialog policy together, in virtual time, with faults: no dead air, all calls end.

A caller who has said all that there is to say stays on the line, so that it is for the bot to end each call.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest

from calls.ids import Language
from tests.fakes.virtual_call import FILLER, Faults, VirtualCall, passage
from tests.fakes.virtual_talk import Said
from voice.dialog.settings import DialogSettings

CHOICES = DialogSettings()
LONGEST_SILENCE_MS = 20_000
"""Neither the bot nor the caller's words are heard for longer than this, whatever breaks: 10 s are the caller's own
time to look for a number; a dead recogniser is waited for 6 s on top of that, a filler 4 s."""
ENDS_WITHIN_MS = 240_000
"""After the caller's last word: three prompts, a person who is rung for and does not come, the offer of a call back."""

WORDS: dict[Language, tuple[str, ...]] = {
    "en": (
        "my bill is much too high",
        "I want to book a technician",
        "yes",
        "no",
        "four zero seven one eight two three six",
        "tomorrow at ten in the morning",
        "I want to talk to a person",
        "what is the weather on the moon",
        "mm",
        "and another thing I wanted to",
    ),
    "es": (
        "mi factura es demasiado alta",
        "quiero pedir un técnico",
        "sí",
        "no",
        "cuatro cero siete uno ocho dos tres seis",
        "mañana a las diez",
        "quiero hablar con una persona",
        "qué tiempo hace en la luna",
        "mm",
        "y otra cosa que quería",
    ),
}


def told(seed: int, language: Language) -> list[Said]:
    """A caller with some things to say, now and then over the bot, now and then nothing but a noise."""
    chance = random.Random(seed)
    said, at_ms = [], chance.choice((300, 4_000, 16_000))
    for _ in range(chance.randint(1, 5)):
        text = chance.choice((*WORDS[language], *WORDS[language], ""))
        length_ms = 350 * max(1, len(text.split()))
        said.append(Said(at_ms, at_ms + length_ms, text))
        at_ms += length_ms + chance.choice((700, 1_600, 5_000, 11_000))
    return said


def span(chance: random.Random, from_ms: int = 0, most_ms: int = 30_000) -> Callable[[int], bool]:
    begin_ms = from_ms + chance.randint(0, 30_000)
    end_ms = begin_ms + chance.randint(1_000, most_ms)
    return lambda t_ms: begin_ms <= t_ms < end_ms


def healthy(chance: random.Random, language: Language) -> Faults:
    topic = chance.choice(("bill-explained", "power-outage-report", "technician-appointment", "roaming-abroad"))
    score = chance.choice((0.9, 0.4, 0.1))
    return Faults(found=lambda _: (passage(topic, language, score),))


def voice_without_words(chance: random.Random, language: Language) -> Faults:
    faults, wordless = healthy(chance, language), span(chance)
    faults.empty = lambda t: wordless(t) or t // 3_000 % 3 == 0
    return faults


def endless_noise(chance: random.Random, language: Language) -> Faults:
    faults, begin_ms = healthy(chance, language), chance.randint(0, 30_000)
    faults.noise = lambda t: 0.9 if t >= begin_ms else 0.05
    return faults


def comfort_noise(chance: random.Random, language: Language) -> Faults:
    faults = healthy(chance, language)
    flutter = [chance.choice((0.05, 0.3, 0.45, 0.55, 0.7)) for _ in range(997)]
    faults.noise = lambda t: flutter[t // 32 % 997]
    return faults


def empty_answers(chance: random.Random, language: Language) -> Faults:
    faults = healthy(chance, language)
    faults.found = lambda _: ()
    faults.empty = lambda _: True
    return faults


def dead_recogniser(chance: random.Random, language: Language) -> Faults:
    faults, dead = healthy(chance, language), span(chance, most_ms=400_000)
    faults.decode_ms = lambda t: None if dead(t) else 300
    return faults


def failing_recogniser(chance: random.Random, language: Language) -> Faults:
    faults, failing = healthy(chance, language), span(chance, most_ms=60_000)
    faults.decode_ms = lambda t: -chance.choice((5, 800)) if failing(t) else 300
    return faults


def late_words(chance: random.Random, language: Language) -> Faults:
    faults = healthy(chance, language)
    late_ms = chance.choice((3_000, 5_900, 7_500, 12_000))
    faults.decode_ms = lambda t: late_ms if t // 7_000 % 2 else 400
    return faults


def dead_ears(chance: random.Random, language: Language) -> Faults:
    faults, deaf = healthy(chance, language), span(chance, most_ms=400_000)
    faults.deaf = deaf
    return faults


def dead_judge(chance: random.Random, language: Language) -> Faults:
    faults = healthy(chance, language)
    faults.end_prob = lambda t: None if t // 5_000 % 2 else 0.01
    return faults


def dead_knowledge(chance: random.Random, language: Language) -> Faults:
    faults = healthy(chance, language)
    took_ms = chance.choice((None, -3_000, 3_900))
    faults.look_up_ms = lambda _: took_ms
    return faults


def slow_and_broken_voice(chance: random.Random, language: Language) -> Faults:
    faults = healthy(chance, language)
    sayings = itertools.count(chance.randint(0, 2))
    faults.voice_ms = lambda _: None if next(sayings) % 3 == 2 else chance.choice((150, 2_000, 3_500))
    return faults


def everything_at_once(chance: random.Random, language: Language) -> Faults:
    faults = comfort_noise(chance, language)
    faults.decode_ms = late_words(chance, language).decode_ms
    faults.empty = voice_without_words(chance, language).empty
    faults.look_up_ms = dead_knowledge(chance, language).look_up_ms
    faults.end_prob = dead_judge(chance, language).end_prob
    faults.voice_ms = lambda t: chance.choice((150, 2_000))
    return faults


KINDS = (
    healthy,
    voice_without_words,
    endless_noise,
    comfort_noise,
    empty_answers,
    dead_recogniser,
    failing_recogniser,
    late_words,
    dead_ears,
    dead_judge,
    dead_knowledge,
    slow_and_broken_voice,
    everything_at_once,
)
SEEDS = range(6)


def a_call(kind: Callable[[random.Random, Language], Faults], seed: int) -> VirtualCall:
    language: Language = "es" if seed % 2 else "en"
    faults = kind(random.Random(seed), language)
    flow = ("", "", "outage_report")[seed % 3]
    return VirtualCall(told(seed, language), faults, language, agents=seed // 2 % 2, flow=flow, partials=seed % 4 != 3)


@pytest.mark.parametrize("kind", KINDS)
def test_when_something_breaks_in_a_call_then_there_is_no_dead_air_and_the_call_ends(
    kind: Callable[[random.Random, Language], Faults],
) -> None:
    for seed in SEEDS:
        call = a_call(kind, seed).run()
        last_ms = max(said.end_ms for said in call.said)
        where = f"{kind.__name__}, seed {seed}: {call.texts[-3:]}"
        assert call.ended is not None, where
        assert call.ended_ms is not None
        assert call.ended_ms - last_ms <= ENDS_WITHIN_MS, where
        start_ms, end_ms = call.silences()[0]
        assert end_ms - start_ms <= LONGEST_SILENCE_MS, f"{where}: {start_ms} to {end_ms}"


@pytest.mark.parametrize("seed", SEEDS)
def test_when_no_voice_can_speak_at_all_then_the_call_still_ends(seed: int) -> None:
    call = a_call(healthy, seed)
    call.faults.voice_ms = lambda _: None
    assert call.run().ended is not None


@pytest.mark.parametrize("kind", [healthy, voice_without_words, comfort_noise])
def test_when_the_engines_are_quick_then_nobody_is_asked_to_wait(
    kind: Callable[[random.Random, Language], Faults],
) -> None:
    """A cough over the bot's question is no turn: the caller who thinks about the answer is owed nothing."""
    calls = [a_call(kind, seed).run() for seed in SEEDS]
    assert not [text for call in calls for _, text in call.texts if text == FILLER]


def test_when_all_is_well_then_callers_are_understood_and_answered_quickly() -> None:
    calls = [a_call(healthy, seed).run() for seed in SEEDS]
    assert sum(len(call.turns) for call in calls) >= 10, "the law above is about calls in which something is heard"
    assert sum(len(call.texts) for call in calls) > 8 * len(calls)
