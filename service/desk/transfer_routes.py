"""The call strip: what an agent may do with a call. Each is a wish to the call's machine, whose state comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import BaseModel, Field

from calls.errors import CallCentreError
from calls.handover_events import HandoverTarget
from calls.ids import CallId
from desk import handover_messages as m
from service.call_runner import CallRunner
from service.desk.transfer_supervision import SupervisionMode
from service.house import House
from telephony.sip_leg import SipLeg


class Target(BaseModel):
    """Who shall be reached."""

    kind: Literal["agent", "queue", "number"]
    name: str = Field(min_length=1, max_length=128)

    def as_fact(self) -> HandoverTarget:
        """Return it as the machine takes it."""
        return HandoverTarget(kind=self.kind, name=self.name)


class Wanted(BaseModel):
    """What an agent wants, with what it needs."""

    on: bool = True
    """Of `mute`."""
    target: Target | None = None
    """Of `consult` and `transfer`."""
    instruction: str = Field(default="", max_length=300, pattern=r"^((flow|ask|say):.+)?$")
    """Of `back-to-bot`: `flow:NAME` begins a flow, `ask:TEXT` answers TEXT, `say:TEXT` says it; empty: asks."""
    digits: str = Field(default="", max_length=32, pattern=r"^[0-9*#]*$")
    """Of `keypad`."""


WishName = Literal[
    "mute",
    "hold",
    "resume",
    "consult",
    "complete",
    "conference",
    "drop-second",
    "transfer",
    "back-to-bot",
    "hang-up",
]

KEY_MS = 100
"""How long a key counts as pressed. Source: well above the 40 ms that ITU-T Q.24 asks of a digit."""


class Supervised(BaseModel):
    """How a supervisor takes part."""

    mode: SupervisionMode


def transfer_routes(
    house: House, who: Callable[[Any], str], supervisor: Callable[[Any], str], guards: Sequence[Any]
) -> APIRouter:
    """Return the routes; `who` and `supervisor` return the name of who asks, or raise; they block, in threads."""
    routes = APIRouter(dependencies=list(guards))
    agent, lead = Depends(who), Depends(supervisor)

    def running(call_id: str) -> CallRunner:
        call = house.calls.get(CallId(call_id))
        if call is None or call.conference is None:
            raise HTTPException(404, "There is no such call now.")
        return call

    def own(call_id: str, name: str) -> CallRunner:
        call = running(call_id)
        if call.handover.part_of(name) != "agent":
            raise HTTPException(403, "This call is not yours.")
        return call

    def strip(call: CallRunner) -> dict[str, Any]:
        call.handover.show()
        return call.handover.view()

    @routes.get("/api/desk/calls/{call_id}/strip")
    async def look(call_id: str, name: str = agent) -> dict[str, Any]:
        """How the call is now and what may be done with it; for a page that was loaded again."""
        call = running(call_id)
        return {"part": call.handover.part_of(name), **call.handover.view()}

    @routes.post("/api/desk/calls/{call_id}/keypad")
    async def keypad(call_id: str, wanted: Wanted, name: str = agent) -> dict[str, Any]:
        """Press keys towards the second person, or else towards the caller; only telephones hear them."""
        call = own(call_id, name)
        leg = call.handover.second_leg or call.leg
        if not isinstance(leg, SipLeg):
            raise HTTPException(409, "Keys are heard by telephones only.")
        leg.send_digits(wanted.digits, KEY_MS)
        return strip(call)

    @routes.post("/api/desk/calls/{call_id}/recording/{what}")
    async def recording(what: Literal["pause", "resume"], call_id: str, name: str = agent) -> dict[str, Any]:
        """Keep silence from now on, e.g. while a card number is said; or keep sound again."""
        call = own(call_id, name)
        if what == "pause":
            call.recording.pause("agent_request")
        else:
            call.recording.resume()
        return strip(call)

    @routes.post("/api/desk/calls/{call_id}/supervise")
    async def supervise(call_id: str, wanted: Supervised, name: str = lead) -> dict[str, Any]:
        """Listen, whisper to the agent, barge in, or leave; each is a fact of the call."""
        call = running(call_id)
        house.transfers.supervision.be(call, name, wanted.mode)
        return {"mode": wanted.mode}

    @routes.post("/api/desk/calls/{call_id}/consult-offer/{answer}")
    async def consult_offer(answer: Literal["accept", "decline"], call_id: str, name: str = agent) -> dict[str, Any]:
        """Answer a colleague who wants to talk about a call."""
        house.transfers.answer(name, call_id, yes=answer == "accept")
        return {"part": running(call_id).handover.part_of(name)}

    @routes.post("/api/desk/calls/{call_id}/leave")
    async def leave(call_id: str, name: str = agent) -> dict[str, Any]:
        """Leave a call in which one is the second person."""
        call = running(call_id)
        if call.handover.part_of(name) != "second":
            raise HTTPException(403, "You are not the second person in this call.")
        call.handover.second_leaves()
        return {"part": "", **call.handover.view()}

    @routes.post("/api/desk/calls/{call_id}/{wish}")
    async def act(
        wanted: Wanted, wish: WishName, call_id: str = Path(max_length=64), name: str = agent
    ) -> dict[str, Any]:
        """Do something with the call; 409 when it is in no state for it."""
        call = own(call_id, name)
        call.handover.wish(wish_of(wish, wanted))
        return call.handover.view()

    return routes


def wish_of(name: WishName, wanted: Wanted) -> m.Wish:
    """Return what the machine is told.

    Raises:
        CallCentreError: `desk.no_target`.
    """
    match name:
        case "mute":
            return m.Mute(wanted.on)
        case "hold":
            return m.Hold()
        case "resume":
            return m.Resume()
        case "complete":
            return m.Complete()
        case "conference":
            return m.Merge()
        case "drop-second":
            return m.DropSecond()
        case "back-to-bot":
            return m.BackToBot(wanted.instruction)
        case "hang-up":
            return m.HangUp()
        case "consult" | "transfer":
            if wanted.target is None:
                sentence = "Say whom to reach: an agent, a queue or a number."
                raise CallCentreError("desk.no_target", sentence, fault="user")
            target = wanted.target.as_fact()
            return m.Consult(target) if name == "consult" else m.Transfer(target)
