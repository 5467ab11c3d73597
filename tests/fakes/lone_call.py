"""A real `CallRunner` whose house is not there: for what a call does between its policy and its hearing."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from calls.audio import FRAME_MS, AudioFrame, Samples
from calls.events import Event, EventBody
from calls.ids import CallId, Language
from calls.machine import CallLimits
from calls.ports import CallOffer, Clock, IncomingCall
from service.call_runner import CallRunner
from service.config import Config
from service.dial_plan import Route
from service.recognition_load import RecognitionLoad
from service.telemetry import Metrics
from tests.fakes.hearing_ear import ScriptedWorker
from voice.dialog.settings import DialogSettings
from voice.hearing import Hearing
from voice.tts.voice import Voice


class Notebook:
    """In place of the log's writer: keeps what is written."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self.bodies: list[EventBody] = []

    def append(
        self, kind: Any, stream: str, body: EventBody, *, t_ms: int | None, source: str
    ) -> asyncio.Future[Event]:
        self.bodies.append(body)
        written: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        event = Event(
            stream_kind=kind,
            stream_id=stream,
            seq=next(self._numbers),
            at_utc=self._clock.now_utc(),
            t_ms=t_ms,
            source=source,
            schema_version=1,
            body=body,
        )
        written.set_result(event)
        return written


class _Absent:
    """A part that the call may hold but does not need here."""

    def __getattr__(self, name: str) -> _Absent:
        return self

    def __call__(self, *_: object, **__: object) -> _Absent:
        return self


class _House(SimpleNamespace):
    """A house of the parts that are named; all others are absent."""

    def __getattr__(self, name: str) -> _Absent:
        return _Absent()


class LoneCall:
    """One call on the running loop; nothing is answered, but it can hear and be told what the bot says."""

    def __init__(self, ears: ScriptedWorker, asr: ScriptedWorker, clock: Clock, language: Language = "en") -> None:
        self.clock = clock
        self.notebook = Notebook(clock)
        self.recognition = RecognitionLoad(clock, lambda: asr.waiting)
        house = _House(
            config=Config(),
            clock=clock,
            writer=self.notebook,
            ears=ears,
            asr=asr,
            asr_name="scripted",
            mind=None,
            feelings=None,
            voice=Voice({}, clock=clock),
            recorder=None,
            recognition=self.recognition,
            call_limits=CallLimits(),
            metrics=Metrics(),
            live=SimpleNamespace(signal=lambda *_: None),
            dialog_settings=DialogSettings,
            new_reference=lambda _: "48213",
            vocabulary=lambda: None,
        )
        offer = CallOffer(
            transport="sip", caller="", caller_name="", called="100", peer_call_id="1", remote="127.0.0.1:5060"
        )
        now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
        route = Route(language=language, greeting="", flow="main", queue="", ring_ms=0, open=True, now_local=now)
        incoming = cast("IncomingCall", SimpleNamespace(offer=offer))
        self.runner = CallRunner(cast("Any", house), CallId("call-1"), incoming, route)


async def hear(hearing: Hearing, samples: Samples, rate_hz: int = 8_000) -> None:
    """Give `hearing` sound at the speed of a call; the loop's time may be virtual."""
    loop = asyncio.get_running_loop()
    size = rate_hz * FRAME_MS // 1000
    began_s = loop.time()
    for index in range(samples.size // size):
        await asyncio.sleep(began_s + (index + 1) * FRAME_MS / 1000 - loop.time())
        hearing.feed(AudioFrame(samples[index * size : (index + 1) * size], rate_hz, index * FRAME_MS))
