"""A call with a handover in it, on real lines: caller and agents are aiortc clients, ticker, conference and doors real.

Recognition answers from a script, and the queue is a list of what it was told; the rest is what runs in the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import numpy as np
from aiortc import RTCSessionDescription
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from calls.errors import CallCentreError
from calls.events import SCHEMA_VERSION, BriefPrepared, Event, EventBody
from calls.handover_events import HandoverTarget
from calls.ids import CallId
from desk.handover_states import HandoverLimits
from records.recording import RecordingThread
from service.call_runner import CallRunner
from service.caller_line import CALLER
from service.clock import SystemClock
from service.customers.known import Known
from service.desk.agent_line_routes import agent_line_routes
from service.desk.transfer_desk import TransferDesk
from service.desk.transfer_queue import LeaveReason
from service.desk.transfer_routes import transfer_routes
from service.desk_config import DeskSection
from service.handover import CallHandover
from service.house import House
from service.legs import CallLegs
from service.live import LiveFeed, Watcher
from service.recordings import CallRecording
from service.secrets_kept import SecretsKept
from service.speaker import Speaker
from service.tasks import Tasks
from service.telemetry import Metrics
from telephony.conference import Conference
from telephony.media_settings import MediaSettings
from telephony.net.ticker import Ticker
from telephony.webrtc.gateway import WebRtcGateway
from telephony.webrtc.settings import WebRtcSettings
from tests.fakes.hearing_ear import ScriptedWorker, hears, loud_is_voice
from tests.service.test_speaker import OneSecond
from tests.telephony.media_fakes import level_of
from tests.telephony.webrtc.test_gateway import Client
from tests.waiting import eventually
from voice.dialog.settings import DialogSettings

BRIEF = BriefPrepared(
    caller="Ana Ruiz, +34600123456",
    verified="caller_id_only",
    language="en",
    matter="Bill too high",
    reason="caller_asked",
    facts=(),
    tried=(),
    open_questions=(),
    emotion=(),
    suggested_opening="Hello, Ana Ruiz.",
    spoken_line="Ana Ruiz. Bill too high.",
)
LIMITS = HandoverLimits(restore_ms=1_500, hold_word_ms=60_000, ring_ms=3_000)


class KeptQueue:
    """The queue, as far as one call is concerned."""

    is_staffed = True

    def __init__(self) -> None:
        self.told: list[str] = []

    def enqueue(self, target: HandoverTarget, *, first: bool) -> None:
        self.told.append(f"enqueue {target.kind} {target.name}{' first' if first else ''}".strip())

    def leave(self, why: LeaveReason) -> None:
        self.told.append(f"leave {why}")

    def back(self) -> None:
        self.told.append("back")

    def work_began(self, agent: str) -> None:
        self.told.append(f"began {agent}")

    def work_over(self, agent: str) -> None:
        self.told.append(f"over {agent}")


class StageCall:
    """What a handover needs of `CallRunner`."""

    def __init__(self, house: Any, call_id: str, leg: Any, folder: Path) -> None:
        self.house, self.call_id, self.leg = house, CallId(call_id), leg
        self.bodies: list[EventBody] = []
        self.events: list[Event] = []
        self.told: list[Any] = []
        self.wished: list[Any] = []
        self.log = SimpleNamespace(note=self._note, settled=self._settled, events=self.events)
        self.tasks = Tasks(call_id)
        self.policy = SimpleNamespace(language="en")
        self.route = SimpleNamespace(transfer_to="", open=True, queue="support")
        self.incoming = SimpleNamespace(offer=SimpleNamespace(trunk=""))
        self.conference = Conference(house.ticker, call_id)
        self.legs = CallLegs(self.call_id, cast("Any", self.log), house.live, house.metrics)
        self.recording = CallRecording(self.call_id, house.recorder, cast("Any", self.log), self.tasks, CALLER)
        self.secrets = SecretsKept(cast("Any", self.log), self.recording, "whisper")
        self.speaker = Speaker(OneSecond(), cast("Any", self), self.tasks, self.conference_ms)
        self.said: list[str] = []
        self.handover = CallHandover(cast("CallRunner", self), LIMITS)
        self.queue = KeptQueue()
        self.conference.add("bot", "bot", self.speaker, None, 16_000)
        self.recording.attach(self.conference)
        self.legs.join(self.conference, CALLER, "caller", leg)

    def _note(self, body: EventBody, source: str, *, t_ms: int | None = None) -> None:
        self.bodies.append(body)
        self.events.append(
            Event(
                stream_kind="call",
                stream_id=self.call_id,
                seq=len(self.bodies),
                at_utc=self.house.clock.now_utc(),
                t_ms=t_ms,
                source=source,
                schema_version=SCHEMA_VERSION,
                body=body,
            )
        )

    async def _settled(self) -> None:
        """All is written at once."""

    def conference_ms(self) -> int:
        return self.conference.t_ms

    def tell(self, news: Any) -> None:
        self.told.append(news)

    def wish(self, wish: Any) -> None:
        self.wished.append(wish)

    def bot_started(self, say: Any, t_ms: int, *, cached: bool) -> None:
        self.said.append(say.detail)

    def bot_said(self, say: Any, result: Any) -> None:
        """Kept by `bot_started`."""

    def bot_silent(self, t_ms: int) -> None:
        """Nothing."""

    def voice_failed(self, error: Exception) -> None:
        raise error

    def facts(self, *kinds: str) -> list[str]:
        """The types of what was written, of these kinds, in order."""
        return [body.type for body in self.bodies if not kinds or body.type in kinds]

    async def until(self, state: str) -> None:
        await eventually(lambda: self.handover.machine.state.value == state, f"the state {state}")

    async def given_to(self, agent: str) -> None:
        """The queue brings an agent."""
        self.handover.want(BRIEF)
        self.handover.offered(agent, 20_000)
        self.handover.accepted(agent)
        await self.until("together")

    async def end(self) -> None:
        self.handover.close()
        self.conference.close()
        await self.tasks.close()


class Agent(Client):
    """An agent's page: its line by HTTP, its tone."""

    def __init__(self, name: str, http: httpx.AsyncClient, frequency_hz: float) -> None:
        super().__init__(frequency_hz)
        self.name, self.http = name, http

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/api/desk/{path}", json=body, headers={"x-agent": self.name})

    async def get(self, path: str) -> Any:
        return (await self.http.get(f"/api/desk/{path}", headers={"x-agent": self.name})).raise_for_status().json()

    async def do(self, call: StageCall, wish: str, **body: Any) -> Any:
        return (await self.post(f"calls/{call.call_id}/{wish}", **body)).raise_for_status().json()

    async def open_line(self, stage: Stage) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        local = self.connection.localDescription
        answer = (await self.post("line", sdp=local.sdp, type="offer")).raise_for_status().json()
        await self.connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        await eventually(lambda: stage.house.transfers.lines.is_up(self.name), f"the line of {self.name}")


class Stage:
    """The house and its pages."""

    def __init__(self, folder: Path) -> None:
        self.ticker = Ticker()
        self.folder = folder
        self.told: list[tuple[str, dict[str, Any]]] = []
        live, clock = LiveFeed(), SystemClock()
        self.tasks = Tasks("house")
        self.house: Any = SimpleNamespace(
            ticker=self.ticker,
            clock=clock,
            live=live,
            metrics=Metrics(),
            tasks=self.tasks,
            calls={},
            sip=None,
            voice=OneSecond(),
            ears=ScriptedWorker(loud_is_voice),
            asr=ScriptedWorker(hears("good morning")),
            asr_name="whisper",
            recorder=RecordingThread(folder),
            web=WebRtcGateway(WebRtcSettings(ice_addresses=("127.0.0.1",)), MediaSettings(), clock),
            dialog_settings=DialogSettings,
            config=SimpleNamespace(desk=DeskSection()),
            knowledge=SimpleNamespace(titles=lambda language: {}),
            customers=SimpleNamespace(calls=SimpleNamespace(known=_nothing)),
        )
        self.house.transfers = TransferDesk(cast("House", self.house))
        self.house.transfers.tell = lambda agent, message: self.told.append((agent, message))
        self.watcher: Watcher = live.watch()
        self.clients: list[Client] = []
        app = FastAPI()
        house = cast("House", self.house)
        app.include_router(agent_line_routes(house, _who, (), lambda request: _who(request).title()))
        app.include_router(transfer_routes(house, _who, _lead, ()))

        @app.exception_handler(CallCentreError)
        async def plain_error(_request: Request, error: CallCentreError) -> Any:
            return JSONResponse({"code": error.code, "message": error.message}, 409)

        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")

    async def agent(self, name: str, frequency_hz: float) -> Agent:
        agent = Agent(name, self.http, frequency_hz)
        self.clients.append(agent)
        await agent.open_line(self)
        return agent

    async def call(self, call_id: str, frequency_hz: float) -> tuple[StageCall, Client]:
        client = Client(frequency_hz)
        self.clients.append(client)
        leg = await (await client.call(self.house.web)).answer()
        call = StageCall(self.house, call_id, leg, self.folder)
        self.house.transfers.queue_of = lambda of: self.house.calls[of.call_id].queue
        self.house.calls[call.call_id] = call
        return call, client

    def messages(self, agent: str, kind: str) -> list[dict[str, Any]]:
        return [message for name, message in self.told if name == agent and message["kind"] == kind]


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """The stage, running."""
    made = Stage(folder)
    made.house.recorder.start()
    made.ticker.start()
    await made.house.transfers.start()
    try:
        yield made
    finally:
        for call in made.house.calls.values():
            await call.end()
        made.house.transfers.stop()
        for client in made.clients:
            await client.close()
        await made.house.web.stop()
        made.ticker.stop()
        await made.http.aclose()
        await made.tasks.close()
        await asyncio.to_thread(made.house.recorder.stop)


class Ears:
    """What a client hears from now on."""

    def __init__(self, client: Client) -> None:
        self.client, self.since = client, len(client.heard)

    def level(self, frequency_hz: float) -> float:
        """How loud a tone was in the last 0.4 s."""
        heard = self.client.heard[self.since :][-20:]
        return level_of(frequency_hz, np.concatenate(heard), 48_000) if len(heard) >= 20 else 0.0


LOUD, SOFT = 2_000.0, 300.0


async def hears_only(client: Client, wanted: tuple[float, ...], others: tuple[float, ...]) -> None:
    """Wait until a client hears these tones and none of the others."""
    ears = Ears(client)

    def right() -> bool:
        return all(ears.level(f) > LOUD for f in wanted) and all(ears.level(f) < SOFT for f in others)

    def levels() -> str:
        return str({f: round(ears.level(f)) for f in (*wanted, *others)})

    try:
        await eventually(lambda: len(ears.client.heard) - ears.since >= 25 and right(), "hearing")
    except AssertionError as error:
        raise AssertionError(f"wanted {wanted}, not {others}: {levels()}") from error


def _who(request: Request) -> str:
    name = request.headers.get("x-agent", "")
    if not name:
        raise HTTPException(401)
    return name


def _lead(request: Request) -> str:
    name = _who(request)
    if name != "boss":
        raise HTTPException(403)
    return name


async def _nothing(call_id: str, language: str) -> Known:
    """Know nothing of who calls."""
    return Known()
