"""The web side: health, metrics, the caller's page with its call and captions, the staff's calls and replay."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.datastructures import Headers

from calls import machine
from calls.codec import to_json
from calls.errors import CallCentreError
from calls.events import HeardEmotion
from calls.ids import CallId, Language, UtteranceId
from service.api_description import describe
from service.calls_view import call_detail, call_list, callback_list, recording_of
from service.channels.chat_pass import visitor_of_pass
from service.channels.desk_api import conversation_routes
from service.channels.file_routes import file_routes
from service.channels.web_chat import add_web_chat, chat_routes
from service.channels.webhook_routes import webhook_routes
from service.config_values import split_address
from service.customers.api import customer_routes
from service.desk.agent_line_routes import agent_line_routes
from service.desk.desk_api import desk_routes
from service.desk.service_level_routes import service_level_routes
from service.desk.transfer_routes import transfer_routes
from service.front_door import FrontDoor
from service.house import House
from service.reviews import correct_emotion, corrections
from service.staff.api import staff_routes
from service.staff.drafts import Drafts, draft_routes
from service.staff.member import DESK, LEADS, LISTENERS
from service.staff.sockets import SessionWatch
from service.staff_door import NO_STAFF, Gate, Needs, NotAdmittedError, give_session, member_of
from service.waveform import measure
from service.web_limits import BUSY_RETRY_S, Leave, Refused, WebCallLimits, WebCallRefusedError, WebCalls
from service.web_line import line_routes
from telephony.webrtc.leg import WebRtcLeg

logger = logging.getLogger(__name__)

WEB = Path(__file__).parent / "web_dist"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; "
        "media-src 'self' blob:; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
    ),
    "Permissions-Policy": "microphone=(self)",
}
FRESH, FOR_GOOD = "no-cache", "public, max-age=31536000, immutable"
"""Pages are asked for anew each time; their scripts carry a hash in the name and never change."""

KEY_MS = 100
"""How long a key of the page counts as pressed. Source: well above the 40 ms that ITU-T Q.24 asks of a digit."""


class WebOffer(BaseModel):
    """What the caller's page sends to start a call."""

    sdp: str = Field(max_length=64_000)
    type: str = Field(pattern="^offer$")
    called: str = Field(default="web", max_length=64, pattern=r"^[\w.+-]+$")
    visitor_pass: str = Field(default="", max_length=128)
    """What the chat gave the visitor who calls from it; one that ran out counts as none."""


class Keys(BaseModel):
    """Keys that the visitor pressed, in order."""

    digits: str = Field(min_length=1, max_length=32, pattern=r"^[0-9*#]+$")


class Correction(BaseModel):
    """How a caller sounded in one utterance, by somebody who listened."""

    utterance_id: UtteranceId = Field(max_length=64)
    emotion: HeardEmotion


def make_app(house: House, gate: Gate) -> FastAPI:
    """Return the ASGI application over a started house."""
    app = FastAPI(title="Warmline", docs_url=None, redoc_url=None, openapi_url=None)
    describe(app)
    section = house.config.service
    names = {*section.hosts, split_address(section.listen)[0]}
    staff = Depends(gate.staff)

    @app.middleware("http")
    async def harden(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        asset = request.url.path.startswith("/assets/") and response.status_code == 200
        response.headers.setdefault("Cache-Control", FOR_GOOD if asset else FRESH)
        return response

    @app.exception_handler(CallCentreError)
    async def plain_error(_request: Request, error: CallCentreError) -> JSONResponse:
        status = {"user": 400, "peer": 400, "operator": 503, "us": 500}[error.fault]
        if error.fault == "user" and error.code.endswith(".unknown"):
            status = 404
        later = {"Retry-After": str(BUSY_RETRY_S)} if status == 503 and error.retryable else None
        return JSONResponse({"code": error.code, "message": error.message}, status, later)

    @app.exception_handler(WebCallRefusedError)
    async def told_when(_request: Request, error: WebCallRefusedError) -> JSONResponse:
        why = error.why
        told = {"code": why.code, "detail": why.sentence}
        return JSONResponse(told, why.status, {"Retry-After": str(why.retry_after_s)})

    @app.exception_handler(NotAdmittedError)
    async def not_admitted(connection: Request | WebSocket, error: NotAdmittedError) -> Response | None:
        if isinstance(connection, WebSocket):
            await _turn_away(connection, 4400 + error.status_code % 100, error.detail)
            return None
        return JSONResponse({"code": error.code, "detail": error.detail}, error.status_code)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        """Calls can be answered."""
        workers = {worker.name: worker.is_ready for worker in house.workers()}
        ready = house.ready and not house.draining and all(workers.values())
        response.status_code = 200 if ready else 503
        return {"ready": ready, "draining": house.draining, "workers": workers, "calls": len(house.calls)}

    @app.get("/metrics", dependencies=[Depends(gate.staff_or_this_machine)])
    async def metrics() -> Response:
        """Prometheus: for programs on this machine, and for staff."""
        return Response(generate_latest(house.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/call")

    @app.get("/call", include_in_schema=False)
    async def caller_page() -> FileResponse:
        return FileResponse(WEB / "caller.html")

    @app.get("/desk", include_in_schema=False, dependencies=[Depends(gate.from_here)])
    @app.get("/desk/{rest:path}", include_in_schema=False, dependencies=[Depends(gate.from_here)])
    async def staff_page(request: Request, token: str = "") -> Response:
        opened = await asyncio.to_thread(gate.open_by_link, token, request) if token else None
        is_in = bool(token) and await asyncio.to_thread(gate.is_staff, request)
        if opened is None and not is_in:
            return FileResponse(WEB / "staff.html")
        answer = RedirectResponse(request.url.path, 303)  # the token leaves the address
        if opened is not None:
            give_session(answer, opened, request)
        return answer

    _add_staff_api(app, house, gate, staff)
    desk, leads = Depends(gate.needs(*DESK)), Depends(gate.needs(*LEADS))
    app.include_router(customer_routes(house.customers, [desk], lambda request: member_of(request).name, [leads]))
    app.include_router(desk_routes(house.desk, [desk]))
    app.include_router(service_level_routes(house.store, house.config.desk, house.clock, [leads]))
    agent, lead = Needs(gate, DESK).name, Needs(gate, LEADS).name
    app.include_router(agent_line_routes(house, agent, (), lambda request: member_of(request).display_name))
    app.include_router(transfer_routes(house, agent, lead, ()))
    _add_web_calls(app, house, gate)
    add_web_chat(house)
    app.include_router(chat_routes(house, _same_origin))
    app.include_router(conversation_routes(house, gate))
    app.include_router(file_routes(house, gate))
    app.include_router(webhook_routes(house.outside.doors, house.clock))
    if gate.accounts is not None:
        app.include_router(staff_routes(gate, gate.accounts))
        app.include_router(draft_routes(gate, Drafts(house.store, house.clock)))
        app.add_middleware(SessionWatch, accounts=gate.accounts, clock=house.clock, tasks=house.tasks)
    app.add_middleware(FrontDoor, names=names, proxies=section.proxies)  # added last: it stands before all else
    app.mount("/assets", StaticFiles(directory=WEB / "assets"), name="assets")
    return app


def _add_staff_api(app: FastAPI, house: House, gate: Gate, staff: Any) -> None:
    listeners = Depends(gate.needs(*LISTENERS))

    @app.get("/api/openapi.json", include_in_schema=False, dependencies=[staff])
    async def description() -> dict[str, Any]:
        return app.openapi()

    @app.get("/api/calls", dependencies=[staff])
    async def calls(limit: int = 50) -> list[dict[str, Any]]:
        """The newest calls, newest first."""
        return await asyncio.to_thread(call_list, house.store, min(max(limit, 1), 500))

    @app.get("/api/calls/{call_id}", dependencies=[staff])
    async def call(call_id: str) -> dict[str, Any]:
        """One call: its events and what the pages fold of them."""
        detail = await asyncio.to_thread(call_detail, house.store, CallId(call_id))
        if detail is None:
            raise HTTPException(404, "There is no such call.")
        return detail

    @app.get("/api/topics", dependencies=[staff])
    async def topics() -> dict[str, dict[Language, str]]:
        """What the articles are called: topic -> language -> title."""
        return house.knowledge.titles_by_topic()

    async def sound_of(call_id: str) -> Path:
        path = await asyncio.to_thread(recording_of, house.store, house.recordings, CallId(call_id))
        if path is None:
            raise HTTPException(404, "This call has no recording.")
        return path

    @app.get("/api/calls/{call_id}/recording", dependencies=[listeners])
    async def recording(call_id: str) -> FileResponse:
        """The stereo recording: caller left, everyone else right."""
        return FileResponse(await sound_of(call_id), media_type="audio/wav")

    @app.get("/api/calls/{call_id}/waveform", dependencies=[listeners])
    async def waveform(call_id: str, points: int = 1200) -> dict[str, Any]:
        """The recording's shape, so that a page can draw an hour of sound without loading it."""
        shape = await asyncio.to_thread(measure, await sound_of(call_id), min(max(points, 10), 4000))
        return {"duration_ms": shape.duration_ms, "caller": shape.caller, "others": shape.others}

    @app.get("/api/calls/{call_id}/corrections", dependencies=[staff])
    async def corrected(call_id: str) -> dict[str, Any]:
        """What listeners said of the caller's utterances: utterance -> the newest correction."""
        found = await asyncio.to_thread(corrections, house.store, CallId(call_id))
        return {utterance: to_json(body) for utterance, body in found.items()}

    @app.post("/api/calls/{call_id}/corrections", dependencies=[listeners], status_code=201)
    async def correct(call_id: str, said: Correction, request: Request) -> dict[str, Any]:
        """Say how the caller really sounded in an utterance that was estimated; `unclear` takes it back."""
        by, now = member_of(request).name, house.clock.now_utc()
        event = await asyncio.to_thread(
            correct_emotion, house.store, CallId(call_id), said.utterance_id, said.emotion, by, now
        )
        return {"body": to_json(event.body)}

    @app.get("/api/callbacks", dependencies=[staff])
    async def callbacks(limit: int = 500) -> list[dict[str, Any]]:
        """Who wants to be called back, newest first."""
        unwanted = house.customers.is_do_not_contact
        return await asyncio.to_thread(callback_list, house.store, min(max(limit, 1), 2000), unwanted)

    @app.websocket("/api/live", dependencies=[staff])
    async def live(socket: WebSocket, call_id: str = "") -> None:
        """Events and signals of all calls, or of one: a snapshot, then everything after it."""
        await _feed(socket, house, CallId(call_id) if call_id else None, only=None)


def _add_web_calls(app: FastAPI, house: House, gate: Gate) -> None:
    section = house.config.service
    allowed = section.origin_limits()
    calls = WebCalls(
        WebCallLimits(
            per_address=section.max_web_calls_per_address,
            per_address_per_minute=section.web_calls_per_minute,
            per_origin=section.max_web_calls_per_origin,
            of_origin=allowed,
            in_total=house.config.telephony.webrtc.max_calls,
        )
    )

    def check_origin(request: Request) -> None:
        if not _same_origin(request.headers, allowed):
            raise HTTPException(403, "This site may not place calls here; add it to service.allowed_origins.")

    def count_in(request: Request) -> Leave:
        origin = request.headers.get("origin", "")
        address = request.client.host if request.client else ""
        entered = calls.enter(origin if origin in allowed else "", address, house.clock.now_ms())
        if isinstance(entered, Refused):
            raise WebCallRefusedError(entered)
        return entered

    app.include_router(line_routes(house, gate.caller, [Depends(check_origin)]))

    @app.get("/api/web-calls/settings")
    async def settings() -> dict[str, Any]:
        """What the caller's page has to know and say before a call."""
        config = house.config
        return {
            "company": config.dial_plan.company,
            "recording": config.privacy.recording,
            "emotion": config.privacy.emotion,
        }

    @app.post("/api/web-calls", dependencies=[Depends(check_origin)])
    async def web_call(offer: WebOffer, request: Request) -> dict[str, str]:
        """Start a WebRTC call: SDP in, SDP out, and a token for the captions."""
        leave = count_in(request)
        try:
            address = request.client.host if request.client else ""
            visitor = visitor_of_pass(house.store.master.mark, offer.visitor_pass, house.clock.now_utc()) or ""
            answer_sdp, call = await house.web_call(offer.sdp, offer.called, address, visitor)
        except BaseException:
            leave()
            raise
        token = secrets.token_urlsafe(16)
        gate.callers[token] = call.call_id

        async def forget() -> None:
            await call.ended.wait()
            leave()
            await asyncio.sleep(30)  # the last captions may still be on their way
            gate.callers.pop(token, None)

        house.tasks.start("forget-web-call", forget())
        return {"call_id": call.call_id, "type": "answer", "sdp": answer_sdp, "captions_token": token}

    @app.post("/api/web-calls/{call_id}/digits", dependencies=[Depends(check_origin)], status_code=204)
    async def digits(call_id: str, keys: Keys, request: Request) -> None:
        """Keys of the page's keypad: heard like those of a telephone. The captions token is the bearer."""
        gate.caller(request, call_id)
        call = house.calls.get(CallId(call_id))
        if call is None or not isinstance(call.leg, WebRtcLeg):
            raise HTTPException(409, "The call is not connected, so nobody hears the keys.")
        for digit in keys.digits:
            call.leg.deliver_digit(digit, KEY_MS)

    @app.delete("/api/web-calls/{call_id}", dependencies=[Depends(check_origin)], status_code=204)
    async def hang_up(call_id: str, request: Request) -> None:
        """The visitor hung up; idempotent. A page that just closes is noticed too, but later."""
        gate.caller(request, call_id)
        call = house.calls.get(CallId(call_id))
        if call is not None:
            call.wish(machine.CallerGone("caller_cancelled" if call.leg is None else "caller_hung_up"))
            if isinstance(call.leg, WebRtcLeg):
                house.tasks.start(f"hang-up-{call_id}", call.leg.end("hung_up"))

    @app.websocket("/api/captions")
    async def captions(socket: WebSocket, token: Annotated[str, Field(max_length=64)] = "") -> None:
        """What the caller and the bot say in the caller's own call."""
        call_id = gate.callers.get(token)
        if call_id is None or not _same_origin(socket.headers, allowed):
            await _turn_away(socket)
            return
        await _feed(socket, house, call_id, only=CAPTIONS)


CAPTIONS = frozenset(
    {"hypothesis", "speaking", "turn_ended", "turn_reopened", "utterance_heard", "call_ended", "language_chosen"}
)
"""What the caller's own page may see: words and turns, no notes of the staff."""


def _same_origin(headers: Headers, allowed: Iterable[str]) -> bool:
    origin = headers.get("origin", "")
    return not origin or origin in allowed or urlsplit(origin).netloc == headers.get("host", "")


async def _turn_away(socket: WebSocket, code: int = 4401, why: str = NO_STAFF) -> None:
    await socket.accept()  # a page learns the reason only of a socket that was open
    await socket.close(code, why[:120])


async def _feed(socket: WebSocket, house: House, call_id: CallId | None, only: frozenset[str] | None) -> None:
    await socket.accept()
    watcher = house.live.watch(call_id)
    reader = asyncio.create_task(_until_closed(socket))
    try:
        last = await _send_snapshot(socket, house, call_id, only)
        while not reader.done():
            get = asyncio.create_task(watcher.get())
            await asyncio.wait({get, reader}, return_when=asyncio.FIRST_COMPLETED)
            if not get.done():
                get.cancel()
                break
            message = get.result()
            if message["kind"] == "restart":
                last = await _send_snapshot(socket, house, call_id, only)
                continue
            if message["kind"] == "event":
                event = message["event"]
                if call_id is not None and event["seq"] <= last:
                    continue
                if only is not None and event["body"]["type"] not in only:
                    continue
            elif only is not None and message["name"] not in only:
                continue
            await socket.send_json(message)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the page went away while we were sending
    finally:
        house.live.leave(watcher)
        reader.cancel()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


async def _send_snapshot(socket: WebSocket, house: House, call_id: CallId | None, only: frozenset[str] | None) -> int:
    if call_id is None:
        rows = await asyncio.to_thread(call_list, house.store, 100)
        await socket.send_json({"kind": "snapshot", "calls": rows})
        return 0
    events = await asyncio.to_thread(house.store.read, "call", call_id)
    shown = [to_json(event) for event in events if only is None or event.body.type in only]
    last = events[-1].seq if events else 0
    await socket.send_json({"kind": "snapshot", "seq": last, "events": shown})
    return last


async def _until_closed(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
