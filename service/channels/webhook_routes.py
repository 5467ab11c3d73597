"""Takes what adapters post: `POST /api/webhooks/{name}`, signed, bounded, checked, and each message once."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter, ValidationError

from calls.errors import CallCentreError
from calls.ports import Clock
from channels.pace import Pace
from channels.webhook.contract import LARGEST_BYTES, FileIn, MessageIn, StatusIn, Taken, WebhookIn
from channels.webhook.signature import KEY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, WINDOW_S, verify
from service.bounded_body import read_bounded
from service.channels_config import WebhookSection

logger = logging.getLogger(__name__)

RETRY_S = 10
_IN: TypeAdapter[MessageIn | StatusIn] = TypeAdapter(WebhookIn)
_SENTENCES = {
    "unsigned": f"The request is not signed: it needs {TIMESTAMP_HEADER} and {SIGNATURE_HEADER}.",
    "wrong": "The signature does not fit: HMAC-SHA256 over the timestamp, a dot and the body as it was sent, with the "
    "secret of this webhook, as v1=HEX.",
    "too_old": f"The timestamp is more than {WINDOW_S} s old: sign each try anew, and set the clock.",
    "too_early": f"The timestamp is more than {WINDOW_S} s ahead: set the clock.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDoor:
    """One adapter, as its requests are judged and what becomes of them."""

    name: str
    section: WebhookSection
    secrets: tuple[str, ...]
    pace: Pace
    message: Callable[[MessageIn], Awaitable[bool]]
    """Takes a message; True when it is new. Raises a retryable error when it could not be kept."""
    status: Callable[[StatusIn], Awaitable[bool]]
    """Takes news of a message of ours; raises `webhook.unknown_message` for one that there is not."""


def webhook_routes(doors: Mapping[str, WebhookDoor], clock: Clock) -> APIRouter:
    """Return the route; `doors` may change while it is used."""
    routes = APIRouter(tags=["webhooks"])
    body = {"content": {"application/json": {"schema": _IN.json_schema(ref_template="#/$defs/{model}")}}}

    @routes.post(
        "/api/webhooks/{name}",
        response_model=Taken,
        openapi_extra={"requestBody": {"required": True, **body}},
        responses={status: {"description": text} for status, text in _STATUSES.items()},
    )
    async def webhook(name: str, request: Request) -> Any:
        """An adapter brings a customer's message, or news of one of ours. docs/channels.md has the contract."""
        door = doors.get(name)
        if door is None:
            return _refused(404, "webhook.unknown", "There is no webhook of this name; look at [channels.webhooks].")
        if not request.headers.get(SIGNATURE_HEADER):
            return _refused(401, "webhook.unsigned", _SENTENCES["unsigned"])
        content = await read_bounded(request, LARGEST_BYTES)
        if content is None:
            return _refused(
                413, "webhook.too_large", f"The body is larger than {LARGEST_BYTES} bytes; send fewer files."
            )
        now_s = int(clock.now_utc().timestamp())
        given = (request.headers.get(TIMESTAMP_HEADER, ""), request.headers.get(SIGNATURE_HEADER, ""))
        verdict = verify(content, *given, door.secrets, now_s)
        if verdict != "good":
            logger.warning("a request to the webhook %s was refused: %s", name, verdict)
            code = "webhook.bad_signature" if verdict == "wrong" else f"webhook.{verdict}"
            return _refused(401, code, _SENTENCES[verdict])
        now_ms = clock.now_ms()
        if wait_ms := door.pace.wait_ms(now_ms):  # counted behind the signature: strangers must not use it up
            wait_s = wait_ms // 1000 + 1
            return _refused(429, "webhook.too_fast", "Too many requests within the minute; wait.", wait_s)
        door.pace.book(now_ms)
        try:
            return await _take(door, content, request.headers.get(KEY_HEADER, ""))
        except CallCentreError as error:
            if error.retryable:
                return _refused(503, error.code, error.message, RETRY_S)
            status = 404 if error.code in ("webhook.unknown_message", "conversation.unknown") else 422
            return _refused(status, error.code, error.message)

    return routes


_STATUSES = {
    401: "Not signed, wrongly signed, or too long ago",
    404: "No such webhook, or no such message of ours",
    413: "Too large",
    422: "Not as the contract says; the answer names the field",
    429: "Too many; Retry-After says when",
    503: "Not now; send it again after Retry-After, under the same id",
}


async def _take(door: WebhookDoor, content: bytes, key: str) -> Taken | JSONResponse:
    try:
        told = _IN.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        return _refused(422, "webhook.not_as_agreed", f"{where}: {first['msg']}")
    if key and key != told.id:
        return _refused(422, "webhook.not_as_agreed", f"{KEY_HEADER} is not the id in the body.")
    is_new = await (door.message(told) if isinstance(told, MessageIn) else door.status(told))
    return Taken(taken=is_new, duplicate=not is_new)


def content_of(file: FileIn) -> bytes:
    """Return the content of a file that came along.

    Raises:
        CallCentreError: `webhook.not_as_agreed`.
    """
    try:
        return base64.b64decode(file.content_base64, validate=True)
    except binascii.Error as error:
        sentence = "files: content_base64 is no base64."
        raise CallCentreError("webhook.not_as_agreed", sentence, fault="peer") from error


def _refused(status: int, code: str, sentence: str, retry_s: int = 0) -> JSONResponse:
    headers = {"Retry-After": str(retry_s)} if retry_s else None
    return JSONResponse({"code": code, "message": sentence}, status, headers)
