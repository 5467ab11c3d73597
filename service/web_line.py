"""What a page needs of the service to get its sound through: relays, candidates as they come, a way after a break."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field, StringConstraints

from calls.ids import CallId
from service.house import House
from telephony.webrtc.gateway import WebRtcIncomingCall
from telephony.webrtc.leg import WebRtcLeg
from telephony.webrtc.turn import turn_server


class NewWay(BaseModel):
    """What a page sends whose network changed."""

    sdp: str = Field(max_length=64_000)
    type: str = Field(pattern="^offer$")


class Candidates(BaseModel):
    """What a page found since it last told."""

    candidates: list[Annotated[str, StringConstraints(max_length=512)]] = Field(max_length=64)
    """As in `a=` lines, `candidate:...`."""
    end: bool = False
    """There will be no more."""


def line_routes(house: House, let_in: Callable[[Request, str], None], guards: Sequence[Any]) -> APIRouter:
    """Return the routes; `let_in` raises for a page that did not start the call, `guards` for a wrong site."""
    routes = APIRouter(dependencies=list(guards))

    def leg_of(request: Request, call_id: str) -> WebRtcLeg:
        let_in(request, call_id)
        call = house.calls.get(CallId(call_id))
        if call is None or not isinstance(call.incoming, WebRtcIncomingCall):
            raise HTTPException(409, "The call is over.")
        return call.incoming.leg

    @routes.post("/api/web-calls/ice-servers")
    async def ice_servers() -> list[dict[str, Any]]:
        """Servers that help the sound through, in the browser's words; what they open expires."""
        return ice_servers_of(house)

    @routes.post("/api/web-calls/{call_id}/candidates")
    async def candidates(call_id: str, found: Candidates, request: Request) -> dict[str, Any]:
        """Take the page's candidates, and tell those of ours that the answer did not have."""
        leg = leg_of(request, call_id)
        for line in found.candidates:
            await leg.add_candidate(line)
        if found.end:
            house.tasks.start(f"candidates-{call_id}", leg.add_candidate(None))
        ours, complete = leg.candidates()
        return {"candidates": ours, "end": complete}

    @routes.post("/api/web-calls/{call_id}/offer")
    async def new_way(call_id: str, offer: NewWay, request: Request) -> dict[str, str]:
        """Go on with a call over another network of the visitor's."""
        return {"type": "answer", "sdp": await leg_of(request, call_id).answer_again(offer.sdp, offer.type)}

    return routes


def ice_servers_of(house: House) -> list[dict[str, Any]]:
    """Return the servers that help a page's sound through, in the browser's words; what they open expires."""
    section = house.config.telephony.webrtc
    servers: list[dict[str, Any]] = [{"urls": list(section.ice_servers)}] if section.ice_servers else []
    if section.turn_servers:
        relay = turn_server(
            section.turn_servers,
            section.turn_secret.get_secret_value(),
            house.clock.now_utc(),
            section.turn_credentials_s,
            secrets.token_hex(4),
        )
        servers.append({"urls": list(relay.urls), "username": relay.username, "credential": relay.credential})
    return servers
