"""`warmline demo`: the service answers a caller who really rings it up over SIP and RTP; everything is shown live."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import Samples
from calls.errors import CallCentreError
from calls.ids import Language
from records.private import private_from_now_on
from service.clock import SystemClock
from service.config import Config, LoadedConfig, load_config
from service.config_values import split_address
from service.demo_screen import Screen
from service.engines import kokoro_spec
from service.live import Watcher
from service.models_store import ModelStore
from service.phone import RATE_HZ, Phone
from service.serve import Service
from service.telemetry import set_up_logging
from voice.dialog.opening import usual_opening
from voice.tts.voice import Voice, VoiceChoice
from voice.workers.client import Worker

logger = logging.getLogger(__name__)

LONGEST_S = 240.0
QUIET_MS = 1_300
"""The caller takes the word when the bot has been quiet for so long."""

LEAST_BYTES = 10_000
"""A recording of less is none: 0.3 s in stereo."""

QUESTIONS: dict[Language, tuple[str, ...]] = {
    "en": ("Hello. Why is my bill higher than usual this month?", "I would like to speak to a person, please."),
    "es": (
        "Hola. ¿Por qué la factura de este mes es más alta de lo normal?",
        "Quisiera hablar con una persona, por favor.",
    ),
}
AGREES: dict[Language, str] = {"en": "Yes, please.", "es": "Sí, por favor."}
LEAVES: dict[Language, str] = {"en": "No, thank you. Goodbye.", "es": "No, gracias. Adiós."}

WANTED = (
    "partial words",
    "final words",
    "emotion estimate",
    "answer from an article",
    "escalation on request",
    "brief",
    "callback offered",
    "recording on disk",
    "call ended",
)
"""What a demo call must have done; the exit code says whether it did."""


@dataclass
class Seen:
    """What happened in the demo's call."""

    done: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(WANTED, False))
    events: list[dict[str, Any]] = field(default_factory=list)
    replies_ms: list[int] = field(default_factory=list)
    booked: bool = False
    call_id: str = ""
    file: str = ""
    """Name of the recording."""

    def take(self, message: dict[str, Any]) -> None:
        """Note one message of the live feed."""
        if message["kind"] == "signal":
            if message["name"] == "hypothesis" and (message["data"]["committed"] or message["data"]["tentative"]):
                self.done["partial words"] = True
            if message["name"] == "reply":
                self.replies_ms.append(message["data"]["reply_ms"])
            return
        if message["kind"] != "event":
            return
        event, body = message["event"], message["event"]["body"]
        self.call_id = event["stream_id"]
        self.events.append(event)
        kind = body["type"]
        self.done["final words"] |= kind == "utterance_heard" and bool(body["words"])
        self.done["emotion estimate"] |= kind == "emotion_estimated" and not body["estimate"]["abstained"]
        self.done["answer from an article"] |= kind == "topic_found" and bool(body["article_id"])
        self.done["escalation on request"] |= kind == "escalation_requested" and body["reason"] == "caller_asked"
        self.done["brief"] |= kind == "brief_prepared" and bool(body["matter"])
        self.done["callback offered"] |= kind == "callback_offered"
        self.done["call ended"] |= kind == "call_ended"
        self.file = body["file"] if kind == "recording_started" else self.file
        self.booked |= kind in ("callback_booked", "callback_declined")

    def look_for_recording(self, folder: Path) -> None:
        """Note whether the call's sound is there."""
        path = folder / self.file
        self.done["recording on disk"] = path.is_file() and path.stat().st_size > LEAST_BYTES


CALLER_VOICES: dict[Language, str] = {"es": "em_alex", "en": "af_heart"}
"""Styles of Kokoro that are not the bot's: a man in Spanish, where the bot is a woman, and the reverse in English."""


class CallerVoice:
    """Speech of somebody who is not the bot."""

    def __init__(self, language: Language, store: ModelStore) -> None:
        """Describe it."""
        self._language = language
        self._spec = kokoro_spec(store)

    async def speak(self, texts: Sequence[str]) -> dict[str, Samples]:
        """Return each text as sound at 8 kHz."""
        import soxr

        worker = Worker("caller", [self._spec], niceness=5)
        await worker.start()
        try:
            choice = VoiceChoice(worker, self._spec.name, voice=CALLER_VOICES[self._language])
            voice = Voice({self._language: [choice]}, clock=SystemClock())
            spoken = {}
            for text in texts:
                pieces = [chunk.samples async for chunk in voice.speak(text, self._language)]
                spoken[text] = soxr.resample(np.concatenate(pieces), 16_000, RATE_HZ)
        finally:
            await worker.stop()
        return spoken


def demo(config_file: Path | None, language: Language, *, once: bool, report: Path | None) -> int:
    """Run the demo; return the exit code."""
    loaded = load_config(config_file)
    set_up_logging("warning")
    private_from_now_on()
    return asyncio.run(_demo(_on_free_ports(loaded, language), language, once=once, report=report))


def _on_free_ports(loaded: LoadedConfig, language: Language) -> Config:
    """Move to a free port where the default one is taken; what was configured is left as it is."""
    config = loaded.config
    plan = config.dial_plan.model_copy(update={"language": language})
    service, telephony = config.service, config.telephony
    if "service.listen" not in loaded.origins and not _free(service.listen, socket.SOCK_STREAM):
        service = service.model_copy(update={"listen": "127.0.0.1:0"})
    if "telephony.sip.listen" not in loaded.origins and not _free(telephony.sip.addresses[0], socket.SOCK_DGRAM):
        sip = telephony.sip.model_copy(update={"listen": "127.0.0.1:0"})
        telephony = telephony.model_copy(update={"sip": sip})
    return config.model_copy(update={"service": service, "telephony": telephony, "dial_plan": plan})


def _free(listen: str, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(split_address(listen))
        except OSError:
            return False
    return True


async def _demo(config: Config, language: Language, *, once: bool, report: Path | None) -> int:
    screen = Screen()
    screen.note("Starting: models, workers, articles, lines …")
    service = Service(config)
    await service.start()
    try:
        ok = await _one_call(service, language, screen, report)
        screen.note("")
        if once:
            screen.note("The service ends here. Without --once (make: ONCE=1) it goes on, with these pages:")
        screen.note(f"A caller's page (press the button and talk):  {service.base_url}/call")
        screen.note(f"The staff's pages, with this call to replay:  {service.staff_url()}")
        if not once:
            host, port = service.sip_address
            screen.note(f"Any SIP phone may call sip:bot@{host}:{port} . Ctrl-C ends the service.")
            await _until_stopped()
    finally:
        await service.stop()
    return 0 if ok else 1


async def _one_call(service: Service, language: Language, screen: Screen, report: Path | None) -> bool:
    screen.note("The caller thinks about what to say …")
    lines = [*QUESTIONS[language], AGREES[language], LEAVES[language]]
    speech = await CallerVoice(language, service.house.models).speak(lines)
    await service.house.voice.warmed(usual_opening(service.house.dialog_settings(), language))
    watcher = service.house.live.watch()
    seen = Seen()
    showing = asyncio.create_task(_show(watcher, seen, screen), name="demo-show")
    host, port = service.sip_address
    phone = Phone()
    screen.note(f"Calling sip:bot@{host}:{port} over SIP and RTP …\n")
    try:
        await phone.dial(f"sip:bot@{host}:{port}")
        async with asyncio.timeout(LONGEST_S):
            await _talk(phone, speech, language, seen)
    except TimeoutError:
        screen.note(f"The call was not over after {LONGEST_S:.0f} s.")
    except CallCentreError as error:
        screen.note(f"The call failed: {error.message}")
    finally:
        await phone.close()
    await _settled(seen)
    showing.cancel()
    service.house.live.leave(watcher)
    seen.look_for_recording(service.house.recordings)
    screen.summary(seen.done, seen.replies_ms)
    if report is not None:
        write_report(report, seen, language)
    return all(seen.done.values())


async def _talk(phone: Phone, speech: dict[str, Samples], language: Language, seen: Seen) -> None:
    for question in QUESTIONS[language]:
        await phone.wait_for_quiet(QUIET_MS, 40)
        await phone.say_and_wait(speech[question])
    for _ in range(4):
        await phone.wait_for_quiet(QUIET_MS, 30)
        if seen.booked or phone.ended.is_set():
            break
        await phone.say_and_wait(speech[AGREES[language]])
    for _ in range(3):
        if phone.ended.is_set():
            return
        await phone.say_and_wait(speech[LEAVES[language]])
        await phone.wait_for_quiet(QUIET_MS, 30)
    await phone.wait(5)


async def _settled(seen: Seen) -> None:
    for _ in range(50):
        if seen.done["call ended"]:
            return
        await asyncio.sleep(0.1)


async def _show(watcher: Watcher, seen: Seen, screen: Screen) -> None:
    while True:
        message = await watcher.get()
        seen.take(message)
        screen.show(message)


async def _until_stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def write_report(path: Path, seen: Seen, language: Language) -> None:
    """Write what happened as JSON."""
    data = {
        "ok": all(seen.done.values()),
        "language": language,
        "call_id": seen.call_id,
        "done": seen.done,
        "reply_ms": seen.replies_ms,
        "events": seen.events,
    }
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"report: {path}", file=sys.stderr)
