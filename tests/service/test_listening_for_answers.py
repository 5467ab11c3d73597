"""From a flow's question over the call to hearing: what is asked for decides how long a pause may be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bench.virtual_time import LoopClock, run_virtually
from calls.ids import Language
from calls.speech import Turn
from tests.fakes.hearing_ear import Answer, Ear, ScriptedWorker, loud_is_voice, quiet, tone
from tests.fakes.lone_call import LoneCall, hear
from tests.voice.dialog import scripted
from voice.dialog.acts import Say
from voice.dialog.flow import FlowRun
from voice.dialog.flow_spec import flow_from, load_flows
from voice.dialog.handing_over import say_lines
from voice.dialog.settings import DialogSettings
from voice.dialog.talk import Talk
from voice.hearing import Hearing
from voice.workers.client import Reply

_ASKS = {"ask": "What is it?", "again": "Once more, please."}


def question(language: Language, **slot: Any) -> Say:
    """The question of a flow with one slot, as the policy has it said."""
    texts = {"intro": "", "closing": "{reference}", "confirm": ""}
    spec = flow_from(
        {
            "name": "a_flow",
            "topic": "",
            "key": "9",
            "action": "note",
            "triggers": {"en": ["x"]},
            "en": texts,
            "es": texts,
            "slots": [{"name": "it", "en": _ASKS, "es": _ASKS, **slot}],
        }
    )
    talk = Talk(DialogSettings(), language, lambda _: "48213")
    talk.flow = FlowRun(spec, talk.settings, scripted.SUNDAY.date(), caller="")
    say_lines(talk, talk.flow.begin(language, offer=False))
    (say,) = (act for act in talk.acts if isinstance(act, Say))
    return say


def as_planned(plan: list[tuple[int, int, str]]) -> Answer:
    """A recogniser that hears each text where it was said: (start, end, text), in ms of the call."""

    def answer(method: str, data: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Reply:
        del method
        begin_ms = data["offset_ms"]
        end_ms = begin_ms + arrays["samples"].size // 16
        words = []
        for start_ms, until_ms, text in plan:
            step = (until_ms - start_ms) / len(text.split())
            for at, word in enumerate(text.split()):
                word_ms = (int(start_ms + at * step), int(start_ms + (at + 1) * step))
                if begin_ms <= word_ms[0] and word_ms[1] <= end_ms:
                    words.append({"text": word, "start_ms": word_ms[0], "end_ms": word_ms[1], "prob": 0.9})
        return Reply({"words": words, "language": data["language"] or data["expected"], "language_prob": 1.0}, {})

    return answer


def sounds(end_prob: float) -> Answer:
    """Ears to which every pause sounds finished with this probability."""

    def answer(method: str, data: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Reply:
        return Reply({"prob": end_prob}, {}) if method == "end_prob" else loud_is_voice(method, data, arrays)

    return answer


def turns_after(say: Say, *texts: str, pause_ms: int = 1_350, end_prob: float = 0.95) -> tuple[list[Turn], list[int]]:
    """Ask `say` in a call and dictate `texts` with pauses: the turns, and how long after the last voice each ended."""
    ear = Ear()
    latencies_ms: list[int] = []

    plan: list[tuple[int, int, str]] = []
    at_ms = 500
    for text in texts:
        plan.append((at_ms, at_ms + 250 * len(text.split()), text))
        at_ms = plan[-1][1] + pause_ms

    async def call() -> None:
        clock = LoopClock()
        asr = ScriptedWorker(as_planned(plan))
        asr.delay_s = 0.2
        ears = ScriptedWorker(sounds(end_prob))
        lone = LoneCall(ears, asr, clock, say.language)
        hearing = lone.runner.hearing = Hearing(ears, asr, ear, clock=clock, language=say.language)
        running = asyncio.create_task(hearing.run())
        lone.runner.bot_started(say, 0, cached=True)
        hearing.bot_speaking(False)
        began_ms = clock.now_ms()
        told = ear.turn_ended

        def turn_ended(turn: Turn, spoken_until_ms: int) -> None:
            told(turn, spoken_until_ms)
            latencies_ms.append(clock.now_ms() - began_ms - spoken_until_ms)
            hearing.turn_stands()

        ear.turn_ended = turn_ended  # type: ignore[method-assign]
        pieces = [quiet(500)]
        for start_ms, end_ms, _ in plan:
            pieces += [tone(end_ms - start_ms), quiet(pause_ms)]
        await hear(hearing, np.concatenate([*pieces, quiet(3_000)]))
        await hearing.stop()
        await running

    run_virtually(call())
    return ear.turns, latencies_ms


@pytest.mark.parametrize(
    ("slot", "texts", "language"),
    [
        ({"type": "email"}, ("anna punto lopez arroba", "correo punto es"), "es"),
        ({"type": "email"}, ("it is john dot smith at", "mail dot com"), "en"),
        ({"type": "name", "expects": "address"}, ("calle de Alcalá", "número veinte"), "es"),
        ({"type": "name", "expects": "address"}, ("High Street in Oxford", "number twenty"), "en"),
        ({"type": "postcode", "expects": "code", "length": 7}, ("S W one A", "one A A"), "en"),
        ({"type": "account_number"}, ("cuatro cero siete uno", "ocho dos tres seis"), "es"),
        ({"type": "phone"}, ("six one two", "three four five six seven eight"), "en"),
    ],
)
def test_when_a_flow_asks_for_something_dictated_then_its_pauses_are_waited_for(
    slot: dict[str, Any], texts: tuple[str, str], language: Language
) -> None:
    turns, _ = turns_after(question(language, **slot), *texts)
    assert [turn.text for turn in turns] == [" ".join(texts)]


@pytest.mark.parametrize(
    ("texts", "language"),
    [(("calle de Alcalá", "número veinte"), "es"), (("High Street in Oxford", "number two"), "en")],
)
def test_when_the_same_is_said_to_an_open_question_then_the_pause_ends_the_turn(
    texts: tuple[str, str], language: Language
) -> None:
    turns, _ = turns_after(question(language, type="name", expects="open"), *texts)
    assert [turn.text for turn in turns] == list(texts)


@pytest.mark.parametrize(
    ("text", "language"), [("4071 8236", "en"), ("cuatro cero siete uno ocho dos tres seis", "es")]
)
def test_when_all_digits_of_an_account_number_are_there_then_the_turn_ends_at_once_however_it_sounds(
    text: str, language: Language
) -> None:
    turns, (latency_ms,) = turns_after(question(language, type="account_number"), text, end_prob=0.02)
    assert turns[0].text == text
    assert latency_ms <= 500
    _, (unknown_ms,) = turns_after(question(language, type="phone"), text, end_prob=0.02)
    assert unknown_ms >= 1_900, "a phone number may go on"


@pytest.mark.parametrize("flow", ["appointment", "outage_report"])
@pytest.mark.parametrize("language", ["es", "en"])
def test_when_the_account_number_is_asked_for_then_hearing_is_told_how_many_digits_it_has(
    flow: str, language: Language
) -> None:
    call = scripted.ScriptedCall(language, flow=flow)
    call.begin()
    for line in ("> yes" if language == "en" else "> sí", "> blue"):
        if call.said[-1].detail != "slot:account_number":
            call.line(line)
    asked = [say for say in call.said if say.detail == "slot:account_number"]
    assert asked
    assert {(say.expects, say.length) for say in asked} == {("digits", 8)}


def test_when_flows_are_loaded_then_each_slot_expects_what_its_type_is() -> None:
    expected = {slot.name: (slot.expects, slot.length) for flow in load_flows().values() for slot in flow.slots}
    assert expected == {
        "account_number": ("digits", 8),
        "date": ("date", None),
        "email": ("email", None),
        "money": ("digits", None),
        "phone": ("digits", None),
        "time": ("date", None),
    }


def test_when_a_flow_expects_what_hearing_does_not_know_then_it_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'it' expects 'poem'"):
        question("en", type="name", expects="poem")
