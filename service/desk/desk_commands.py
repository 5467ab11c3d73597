"""What a page of the desk may say over its socket: checked, bounded, carried out, answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from calls.customer_events import ContactKind
from calls.errors import CallCentreError
from desk.acd_messages import AgentSignedIn
from service.desk.room import DeskRoom
from service.desk.who import Who

Id = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=2_000)]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int = 0
    """Comes back with the answer."""


class SignIn(_Command):
    """Come to work, with the languages and skills of the account."""

    do: Literal["sign_in"]


class SignOut(_Command):
    """Go home."""

    do: Literal["sign_out"]


class Ready(_Command):
    """Want work."""

    do: Literal["ready"]


class NotReady(_Command):
    """Want no more."""

    do: Literal["not_ready"]
    reason: str = Field(default="", max_length=40)


class Accept(_Command):
    """Take what is offered."""

    do: Literal["accept"]
    reservation_id: Id


class Decline(_Command):
    """Do not take it, perhaps in favour of a colleague, or of `queue:NAME`."""

    do: Literal["decline"]
    reservation_id: Id
    note: str = Field(default="", max_length=500)
    redirect_to: str = Field(default="", max_length=64)


class WrapUpDone(_Command):
    """The work after a contact is done."""

    do: Literal["wrap_up_done"]
    contact_id: Id
    contact_kind: ContactKind = "call"
    disposition: str = Field(default="", max_length=64)
    summary: Text = ""
    follow_ups: tuple[Annotated[str, Field(max_length=300)], ...] = Field(default=(), max_length=20)


Command = Annotated[
    SignIn | SignOut | Ready | NotReady | Accept | Decline | WrapUpDone,
    Field(discriminator="do"),
]
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Command)


def obey(room: DeskRoom, member: Who, text: str) -> dict[str, Any]:
    """Carry out one message of a page; return the answer to it."""
    try:
        command = _COMMANDS.validate_json(text)
    except ValidationError:
        return _refused(0, "desk.bad_command", "The page sent something that the desk does not understand; reload it.")
    try:
        _carry_out(room, member, command)
    except CallCentreError as error:
        return _refused(command.id, error.code, error.message)
    return {"kind": "done", "id": command.id}


def _carry_out(room: DeskRoom, member: Who, command: Command) -> None:
    if not member.name:
        raise CallCentreError("desk.no_agent", "You can look on; to take contacts, sign in by name.", fault="user")
    if not isinstance(command, SignIn | WrapUpDone) and not room.is_working(member.name):
        raise CallCentreError("desk.not_at_work", "You are not at work; sign in to the desk first.", fault="user")
    match command:
        case SignIn():
            profile = AgentSignedIn(
                agent=member.name, languages=frozenset(member.languages), skills=frozenset(member.skills)
            )
            room.sign_in(profile, phone=member.phone, display_name=member.display_name)
        case SignOut():
            room.sign_out(member.name)
        case Ready():
            room.ready(member.name)
        case NotReady():
            room.not_ready(member.name, command.reason)
        case Accept():
            room.accept(member.name, command.reservation_id)
        case Decline():
            room.decline(member.name, command.reservation_id, command.note, command.redirect_to)
        case WrapUpDone():
            room.wrap_up_done(
                member.name,
                command.contact_id,
                command.contact_kind,
                disposition=command.disposition,
                summary=command.summary,
                follow_ups=command.follow_ups,
            )


def _refused(number: int, code: str, message: str) -> dict[str, Any]:
    return {"kind": "refused", "id": number, "code": code, "message": message}
