"""The agent's own line, as the desk page opens it: offer and answer, candidates as they come, a way after a break."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, Field

from service.desk.agent_line import AgentLine
from service.desk.transfer_desk import TransferDesk
from service.house import House
from service.web_line import Candidates, NewWay, ice_servers_of
from telephony.webrtc.leg import WebRtcLeg


class LineOffer(BaseModel):
    """What the desk page sends to open the agent's line."""

    sdp: str = Field(max_length=64_000)
    type: str = Field(pattern="^offer$")
    page: str = Field(default="", max_length=64)
    """Which of the agent's windows it is."""
    take: bool = True
    """Whether to take the line from another window of theirs; else it is refused with `desk.line_elsewhere`."""


def agent_line_routes(
    house: House, who: Callable[[Any], str], guards: Sequence[Any], shown: Callable[[Request], str]
) -> APIRouter:
    """Return the routes.

    Args:
        house: The service.
        who: Returns the name of the agent who asks; raises for everybody else. Blocks, so it runs in a thread.
        guards: Further dependencies: the right site.
        shown: Returns the name that callers are told of who asks.
    """
    routes = APIRouter(dependencies=list(guards))
    agent = Depends(who)
    desk: TransferDesk = house.transfers

    def leg_of(name: str) -> tuple[AgentLine, WebRtcLeg]:
        line = desk.lines.of(name)
        if line.leg is None or line.leg.ended:
            raise HTTPException(409, "Your line is closed; open a new one.")
        return line, line.leg

    @routes.post("/api/desk/line")
    async def open_line(offer: LineOffer, request: Request, name: str = agent) -> dict[str, str]:
        """Open the agent's line, or take it over from another page of theirs: SDP in, SDP out."""
        address = request.client.host if request.client else ""
        desk.names[name] = shown(request)
        return {"type": "answer", "sdp": await desk.lines.open(name, offer.sdp, address, offer.page, take=offer.take)}

    @routes.get("/api/desk/line")
    async def line_state(name: str = agent) -> dict[str, Any]:
        """Whether the line is up, and in which calls; for a page that was loaded again."""
        return {**desk.lines.of(name).view(), "calls": calls_of(house, name), "asked": desk.asked(name)}

    @routes.post("/api/desk/line/ice-servers")
    async def ice_servers(name: str = agent) -> list[dict[str, Any]]:
        """Servers that help the sound through, in the browser's words; what they open expires."""
        del name
        return ice_servers_of(house)

    @routes.post("/api/desk/line/candidates")
    async def candidates(found: Candidates, name: str = agent) -> dict[str, Any]:
        """Take the page's candidates, and tell those of ours that the answer did not have."""
        _, leg = leg_of(name)
        for text in found.candidates:
            await leg.add_candidate(text)
        if found.end:
            house.tasks.start(f"candidates-{leg.leg_id}", leg.add_candidate(None))
        ours, complete = leg.candidates()
        return {"candidates": ours, "end": complete}

    @routes.post("/api/desk/line/offer")
    async def new_way(offer: NewWay, name: str = agent) -> dict[str, str]:
        """Go on over another network of the agent's."""
        _, leg = leg_of(name)
        return {"type": "answer", "sdp": await leg.answer_again(offer.sdp, offer.type)}

    @routes.delete("/api/desk/line", status_code=204)
    async def close_line(name: str = agent, page: str = "") -> None:
        """Close the line. Calls that are on it wait for it to come back, and then go to somebody else.

        A window that has it no more (`page`) closes nothing.
        """
        line = desk.lines.of(name)
        if page in ("", line.page):
            line.close()

    return routes


def calls_of(house: House, agent: str) -> list[dict[str, Any]]:
    """Return the calls that an agent has a part in, with their call strips."""
    calls = [call for call in house.calls.values() if call.handover.has(agent)]
    return [
        {"call_id": call.call_id, "part": call.handover.part_of(agent), **call.handover.view(), **call.handover.card()}
        for call in calls
    ]
