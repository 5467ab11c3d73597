"""The REST API of customer records, for the staff's pages and the company's own programs; OpenAPI describes each call.

What the customer panel of a page gets:

`GET /api/calls/{call_id}/customer` and `GET /api/conversations/{id}/customer`

    {"linked": {"customer_id", "confidence", "level"} | null,   level: none, caller_id, knowledge, one_time_code, staff
     "customer": CUSTOMER | null,
     "candidates": [FOUND],          persons of the caller's number, when it is not clear who of them calls
     "case_ids": ["…"],              cases that this contact is about already
     "continues": {"case_id", "how": "use" | "propose", "reason", "en", "es"} | null}

`POST /api/customers/find` `{"q": "what was typed"}` or `{"kind", "value"}` -> [FOUND]

`GET /api/customers/{customer_id}` -> CUSTOMER

    {"customer_id", "customer_ids", "name", "opened_at_utc", "do_not_contact": bool,
     "identifiers": [{"kind", "value", "evidence", "confidence", "contact_kind", "contact_id", "by", "at_utc"}],
     "contacts": [{"kind", "id", "confidence", "evidence", "by", "at_utc"}],
     "preferences": [{"name", "value", "by", "at_utc"}],
     "consents": [{"purpose", "channel", "given", "how", "by", "at_utc"}],
     "notes": [{"note_id", "text", "by", "at_utc"}],
     "verifications": [{"contact_kind", "contact_id", "level", "passed", "how", "at_utc"}],
     "cases": [{"case_id", "customer_id", "subject", "topic", "status", "opened_at_utc", "changed_at_utc",
                "contacts": [{"kind", "id", "by", "at_utc"}],
                "notes": [{"text", "by", "contact_kind", "contact_id", "at_utc"}]}],
     "timeline": {"items": [ITEM], "next": "…"},        newest first; next page: /timeline?before=NEXT
     "pairs": [{"join_id", "one", "other", "one_name", "other_name", "state", "score", "at_utc",
                "reasons": [{"code", "detail", "weight", "en", "es"}]}]}

ITEM: `{"at_utc", "kind", "customer_id", "stream_kind", "stream_id", "seq", "text", "by", "detail", "case_ids",
"contact": {"channel", "language", "topics", "flows", "references", "escalated", "reached_human", "callback", "matter",
"quote", "messages", "files": [{"file", "name"}], "result", "ended_at_utc", "last_event_seq"} | null}`; a file is at
`/api/conversations/{stream_id}/files/{file}`. kind is one of call, conversation, note, case_opened, case_status,
case_note, verified, joined, parted. FOUND: `{"customer_id", "customer_ids", "name", "identifiers": [{"kind", "value"}],
"last_utc", "in_sources"}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from calls.codec import to_json
from calls.customer_events import CaseStatus, ContactKind, IdentifierKind
from calls.ids import CustomerId, Language
from customers.queries import CHANGES_PAGE
from customers.store import CustomerStore, NewIdentifier
from customers.wishes import PREFERENCES, ConsentChannel, PreferenceName, Purpose
from service.customers.part import Customers
from service.customers.view import (
    case_view,
    contact_view,
    continuation_view,
    customer_view,
    found_view,
    page_view,
    pair_view,
)

Id = Annotated[str, Path(max_length=64, pattern=r"^[\w.-]+$")]
Short = Annotated[str, Field(max_length=120)]
Text = Annotated[str, Field(min_length=1, max_length=4_000)]
Name = Annotated[str, Field(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class IdentifierBody(_Body):
    """Something by which the customer is found."""

    kind: IdentifierKind
    value: str = Field(min_length=1, max_length=254)
    verified: bool = False
    """Whether it was proven to be theirs, e.g. by an identity card."""


class NewCustomer(_Body):
    """A record to be opened."""

    name: Name = ""
    identifiers: list[IdentifierBody] = Field(default_factory=list, max_length=20)


class NameBody(_Body):
    """What the customer is called."""

    name: Name


class FindBody(_Body):
    """Who is looked for. It stands in the body, since addresses of pages are kept by proxies and browsers."""

    q: str = Field(default="", max_length=254)
    """What somebody typed: a number, an address, a name, words that were said or written."""
    kind: IdentifierKind | None = None
    """With `value`: an exact identifier."""
    value: str = Field(default="", max_length=254)
    limit: int = Field(default=20, ge=1, le=100)


class RemovedIdentifier(_Body):
    """An identifier that is not theirs."""

    kind: IdentifierKind
    value: str = Field(min_length=1, max_length=254)
    reason: Short = ""


class NoteBody(_Body):
    """A note."""

    text: Text


class JoinBody(_Body):
    """With whom a record is one person, and how that is known."""

    other: str = Field(max_length=64)
    reason: Short = ""


class ReasonBody(_Body):
    """Why."""

    reason: Short = ""


class ValueBody(_Body):
    """A value; empty takes it back."""

    value: Short


class ValuesBody(_Body):
    """Several values by name; an empty one takes it back."""

    values: dict[PreferenceName, Short] = Field(max_length=len(PREFERENCES))


class ConsentBody(_Body):
    """Whether the customer may be contacted."""

    purpose: Purpose
    channel: ConsentChannel
    given: bool
    how: Short = ""


class DoNotContactBody(_Body):
    """Whether the customer asked not to be contacted."""

    value: bool


class ContactBody(_Body):
    """A call or a conversation."""

    kind: ContactKind
    id: str = Field(max_length=64, pattern=r"^[\w.-]+$")


class CaseBody(_Body):
    """A matter."""

    subject: str = Field(min_length=1, max_length=200)
    topic: str = Field(default="", max_length=96)
    contact: ContactBody | None = None
    """The call or conversation in which it came up."""


class StatusBody(_Body):
    """How a matter stands."""

    status: CaseStatus
    reason: Short = ""


class VerificationBody(_Body):
    """How a member of staff knows who a contact is."""

    kind: ContactKind
    id: str = Field(max_length=64, pattern=r"^[\w.-]+$")
    level: Literal["knowledge", "staff"]
    passed: bool = True
    how: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$")
    """A code, e.g. `account_and_postcode`, `identity_card`; no answers of the customer."""


class CodeBody(_Body):
    """The contact that a code shall verify."""

    kind: ContactKind
    id: str = Field(max_length=64, pattern=r"^[\w.-]+$")
    language: Language = "es"


class SaidCode(_Body):
    """A code that the customer gave back."""

    kind: ContactKind
    id: str = Field(max_length=64, pattern=r"^[\w.-]+$")
    code: str = Field(min_length=1, max_length=40)


class ErasureBody(_Body):
    """A word that this is meant: nothing brings it back."""

    confirm: Literal["erase"]


def customer_routes(
    part: Customers,
    dependencies: list[Any],
    who: Callable[[Request], str] = lambda _: "staff",
    rights: Sequence[Any] = (),
) -> APIRouter:
    """Return the routes.

    Args:
        part: Customer records of the running service.
        dependencies: What lets staff in.
        who: Who asks, for the history of what they do.
        rights: What lets those in who may export and erase a person, and see who changed what.
    """
    router = APIRouter(dependencies=dependencies, tags=["customers"])
    _add_finding(router, part)
    _add_records(router, part.store, who)
    _add_pairs(router, part.store, who)
    _add_wishes(router, part.store, who)
    _add_cases(router, part, who)
    _add_verification(router, part)
    _add_rights(router, part, rights)
    return router


async def _seen(store: CustomerStore, customer_id: str) -> dict[str, Any]:
    found = await asyncio.to_thread(customer_view, store, customer_id)
    if found is None:
        raise HTTPException(404, "There is no such customer record, or the person was erased.")
    return found


def _add_finding(router: APIRouter, part: Customers) -> None:
    store = part.store

    @router.post("/api/customers/find")
    async def find(body: FindBody) -> list[dict[str, Any]]:
        """Find persons by an identifier, or by words of names, notes, cases, calls and conversations."""
        found = await asyncio.to_thread(part.find, body.q, body.kind, body.value, body.limit)
        return [found_view(line) for line in found]

    @router.get("/api/calls/{contact_id}/customer")
    async def of_call(contact_id: Id) -> dict[str, Any]:
        """Who calls, as far as it is known: see the head of this description."""
        return await asyncio.to_thread(_contact, part, "call", contact_id)

    @router.get("/api/conversations/{contact_id}/customer")
    async def of_conversation(contact_id: Id) -> dict[str, Any]:
        """Who writes, as far as it is known."""
        return await asyncio.to_thread(_contact, part, "conversation", contact_id)

    @router.get("/api/customers/pairs")
    async def pairs(
        state: Literal["proposed", "dismissed", "joined", "parted"] = "proposed",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> list[dict[str, Any]]:
        """Records that may be one person, the likeliest first, with the reasons in both languages."""
        return [pair_view(pair) for pair in await asyncio.to_thread(store.pairs, state, limit)]

    @router.get("/api/customers/{customer_id}")
    async def customer(customer_id: Id) -> dict[str, Any]:
        """One person over all joined records: identifiers, wishes, cases, and the newest page of the timeline."""
        return await _seen(store, customer_id)

    @router.get("/api/customers/{customer_id}/timeline")
    async def timeline(
        customer_id: Id,
        before: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 30,
    ) -> dict[str, Any]:
        """A page of the timeline, newest first; `before` is `next` of the page before."""
        return page_view(await asyncio.to_thread(lambda: store.timeline(customer_id, before=before, limit=limit)))


def _contact(part: Customers, kind: ContactKind, contact_id: str) -> dict[str, Any]:
    seen = contact_view(part.store, kind, contact_id, part.clock.now_utc())
    return {**seen, "candidates": [found_view(line) for line in part.candidates(kind, contact_id)]}


def _add_records(router: APIRouter, store: CustomerStore, who: Callable[[Request], str]) -> None:
    @router.post("/api/customers", status_code=201)
    async def open_record(body: NewCustomer, request: Request) -> dict[str, Any]:
        """Open a record. Who may be the same person is joined (when proven) or proposed."""
        items = [_identifier(item) for item in body.identifiers]
        by = who(request)
        customer_id = await asyncio.to_thread(lambda: store.open("api", name=body.name, identifiers=items, by=by))
        return await _seen(store, customer_id)

    @router.put("/api/customers/{customer_id}/name")
    async def name(customer_id: Id, body: NameBody, request: Request) -> dict[str, Any]:
        """Say what the customer is called."""
        await asyncio.to_thread(store.name, CustomerId(customer_id), body.name, "by_staff", who(request))
        return await _seen(store, customer_id)

    @router.post("/api/customers/{customer_id}/identifiers")
    async def add(customer_id: Id, body: IdentifierBody, request: Request) -> dict[str, Any]:
        """Add a number, an address, a handle or an account number."""
        await asyncio.to_thread(store.add_identifiers, CustomerId(customer_id), [_identifier(body)], who(request))
        return await _seen(store, customer_id)

    @router.post("/api/customers/{customer_id}/identifiers/remove")
    async def remove(customer_id: Id, body: RemovedIdentifier, request: Request) -> dict[str, Any]:
        """Take an identifier away."""
        by, wanted = who(request), CustomerId(customer_id)
        done = await asyncio.to_thread(
            lambda: store.remove_identifier(wanted, body.kind, body.value, reason=body.reason, by=by)
        )
        if not done:
            raise HTTPException(404, "No record of this person has that identifier.")
        return await _seen(store, customer_id)

    @router.post("/api/customers/{customer_id}/notes", status_code=201)
    async def note(customer_id: Id, body: NoteBody, request: Request) -> dict[str, str]:
        """Write a note."""
        return {"note_id": await asyncio.to_thread(store.write_note, CustomerId(customer_id), body.text, who(request))}

    @router.put("/api/customers/{customer_id}/contacts")
    async def link(customer_id: Id, body: ContactBody, request: Request) -> dict[str, Any]:
        """Say that a call or conversation is this customer's; from another record it is taken away."""
        by = who(request)
        await asyncio.to_thread(
            lambda: store.link_contact(CustomerId(customer_id), body.kind, body.id, evidence="by_staff", by=by)
        )
        return await _seen(store, customer_id)

    @router.delete("/api/customers/{customer_id}/contacts/{kind}/{contact_id}", status_code=204)
    async def unlink(customer_id: Id, kind: ContactKind, contact_id: Id, request: Request) -> Response:
        """Say that a contact was somebody else's."""
        del customer_id
        by = who(request)
        await asyncio.to_thread(lambda: store.unlink_contact(kind, contact_id, reason="staff", by=by))
        return Response(status_code=204)


def _identifier(body: IdentifierBody) -> NewIdentifier:
    return NewIdentifier(kind=body.kind, value=body.value, evidence="verified" if body.verified else "by_staff")


def _add_pairs(router: APIRouter, store: CustomerStore, who: Callable[[Request], str]) -> None:
    @router.post("/api/customers/{customer_id}/joins", status_code=201)
    async def join(customer_id: Id, body: JoinBody, request: Request) -> dict[str, Any]:
        """Say that two records are one person. Both stay as they are; parting takes it back."""
        by = who(request)
        one, other = CustomerId(customer_id), CustomerId(body.other)
        await asyncio.to_thread(lambda: store.join(one, other, by=by, reason=body.reason))
        return await _seen(store, customer_id)

    @router.post("/api/customers/pairs/{join_id}/accept")
    async def accept(join_id: Id, request: Request) -> dict[str, str]:
        """Join a proposed pair."""
        by = who(request)
        return {"join_id": await asyncio.to_thread(lambda: store.accept(join_id, by=by))}

    @router.post("/api/customers/pairs/{join_id}/dismiss", status_code=204)
    async def dismiss(join_id: Id, body: ReasonBody, request: Request) -> Response:
        """Say that a proposed pair is two persons; it is not proposed again for the same reasons."""
        by = who(request)
        await asyncio.to_thread(lambda: store.dismiss(join_id, by=by, reason=body.reason))
        return Response(status_code=204)

    @router.post("/api/customers/pairs/{join_id}/part", status_code=204)
    async def part_pair(join_id: Id, body: ReasonBody, request: Request) -> Response:
        """Take a join back: everything is as it would be without it."""
        by = who(request)
        await asyncio.to_thread(lambda: store.part(join_id, by=by, reason=body.reason))
        return Response(status_code=204)


def _add_wishes(router: APIRouter, store: CustomerStore, who: Callable[[Request], str]) -> None:
    @router.put("/api/customers/{customer_id}/preferences")
    async def preferences(customer_id: Id, body: ValuesBody, request: Request) -> dict[str, Any]:
        """Keep several wishes and needs at once, all of them or none."""
        await asyncio.to_thread(store.set_preferences, CustomerId(customer_id), body.values, who(request))
        return await _seen(store, customer_id)

    @router.put("/api/customers/{customer_id}/preferences/{name}")
    async def preference(customer_id: Id, name: PreferenceName, body: ValueBody, request: Request) -> dict[str, Any]:
        """Keep a wish or a need: language, channel, hours; slower, more_time, keypad, large_text, vip are `yes`."""
        await asyncio.to_thread(store.set_preference, CustomerId(customer_id), name, body.value, who(request))
        return await _seen(store, customer_id)

    @router.put("/api/customers/{customer_id}/do-not-contact")
    async def do_not_contact(customer_id: Id, body: DoNotContactBody, request: Request) -> dict[str, Any]:
        """Keep whether the customer asked not to be contacted: then no answer and no call back goes out to them."""
        value = "yes" if body.value else ""
        await asyncio.to_thread(store.set_preference, CustomerId(customer_id), "do_not_contact", value, who(request))
        return await _seen(store, customer_id)

    @router.put("/api/customers/{customer_id}/consents")
    async def consent(customer_id: Id, body: ConsentBody, request: Request) -> dict[str, Any]:
        """Keep whether the customer may be contacted for a purpose over a channel."""
        by = who(request)
        await asyncio.to_thread(
            lambda: store.set_consent(
                CustomerId(customer_id), body.purpose, body.channel, given=body.given, how=body.how, by=by
            )
        )
        return await _seen(store, customer_id)


def _add_cases(router: APIRouter, part: Customers, who: Callable[[Request], str]) -> None:
    store = part.store

    async def seen_case(case_id: str) -> dict[str, Any]:
        case = await asyncio.to_thread(store.case, case_id)
        if case is None:
            raise HTTPException(404, "There is no such case.")
        return case_view(case)

    @router.get("/api/cases/{case_id}")
    async def case(case_id: Id) -> dict[str, Any]:
        """One case."""
        return await seen_case(case_id)

    @router.post("/api/customers/{customer_id}/cases", status_code=201)
    async def open_case(customer_id: Id, body: CaseBody, request: Request) -> dict[str, Any]:
        """Open a case, with the contact in which it came up."""
        by = who(request)
        case_id = await asyncio.to_thread(
            lambda: store.open_case(CustomerId(customer_id), subject=body.subject, topic=body.topic, by=by)
        )
        if body.contact is not None:
            await asyncio.to_thread(store.add_case_contact, case_id, body.contact.kind, body.contact.id, by)
        return await seen_case(case_id)

    @router.get("/api/customers/{customer_id}/continues")
    async def continues(customer_id: Id, topic: Annotated[str, Query(max_length=96)] = "") -> dict[str, Any] | None:
        """Which case a new contact most likely continues, and why; null when it is a new matter."""
        return await asyncio.to_thread(continuation_view, store, customer_id, topic, part.clock.now_utc())

    @router.put("/api/cases/{case_id}/status")
    async def status(case_id: Id, body: StatusBody, request: Request) -> dict[str, Any]:
        """Say how a case stands."""
        by = who(request)
        await asyncio.to_thread(lambda: store.set_case_status(case_id, body.status, reason=body.reason, by=by))
        return await seen_case(case_id)

    @router.post("/api/cases/{case_id}/notes", status_code=201)
    async def note(case_id: Id, body: NoteBody, request: Request) -> dict[str, Any]:
        """Write a note on a case."""
        by = who(request)
        await asyncio.to_thread(lambda: store.note_case(case_id, body.text, by=by))
        return await seen_case(case_id)

    @router.post("/api/cases/{case_id}/contacts", status_code=201)
    async def add_contact(case_id: Id, body: ContactBody, request: Request) -> dict[str, Any]:
        """Say that a call or conversation is about a case."""
        await asyncio.to_thread(store.add_case_contact, case_id, body.kind, body.id, who(request))
        return await seen_case(case_id)


def _add_verification(router: APIRouter, part: Customers) -> None:
    @router.post("/api/customers/{customer_id}/verifications", status_code=201)
    async def verify(customer_id: Id, body: VerificationBody) -> dict[str, Any]:
        """Write down that a contact showed who it is, or did not."""
        await asyncio.to_thread(
            lambda: part.store.verify(
                CustomerId(customer_id), (body.kind, body.id), body.level, passed=body.passed, how=body.how
            )
        )
        return await _seen(part.store, customer_id)

    @router.post("/api/customers/{customer_id}/codes", status_code=201)
    async def send_code(customer_id: Id, body: CodeBody) -> dict[str, str]:
        """Send a one-time code to an address that the record held before the contact; says where, masked."""
        sent = await part.codes.send(CustomerId(customer_id), body.kind, body.id, body.language)
        return {"channel": sent.channel, "address": sent.address}

    @router.post("/api/customers/codes/check")
    async def check_code(body: SaidCode) -> dict[str, str]:
        """Check a code: `right`, `wrong`, `void` (too many wrong ones, or used) or `expired`."""
        return {"outcome": await part.codes.check(body.kind, body.id, body.code)}


def _add_rights(router: APIRouter, part: Customers, rights: Sequence[Any]) -> None:
    @router.get("/api/customers/{customer_id}/changes", dependencies=list(rights))
    async def changes(
        customer_id: Id,
        before: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = CHANGES_PAGE,
    ) -> dict[str, Any]:
        """What was changed on a person's records and cases: who, when and what. For supervisors.

        A page, newest first: `{"items": [{"at_utc", "what", "by", "code", "text", "stream_kind", "stream_id", "seq"}],
        "next": "…"}`; `before` is `next` of the page before.
        """
        page = await asyncio.to_thread(lambda: part.store.changes(customer_id, before=before, limit=limit))
        if not page.items and not before:
            raise HTTPException(404, "There is no such customer record, or the person was erased.")
        return {"items": [to_json(change) for change in page.items], "next": page.next}

    @router.get("/api/customers/{customer_id}/export", dependencies=list(rights))
    async def export(customer_id: Id, sound: bool = False) -> Response:
        """Everything that is kept of a person, as JSON; with `sound=true` a ZIP file that holds the recordings too."""
        content = await asyncio.to_thread(part.export, customer_id, sound=sound)
        kind, ending = ("application/zip", "zip") if sound else ("application/json", "json")
        headers = {"Content-Disposition": f'attachment; filename="customer-{customer_id}.{ending}"'}
        return Response(content, media_type=kind, headers=headers)

    @router.delete("/api/customers/{customer_id}", dependencies=list(rights))
    async def erase(customer_id: Id, body: ErasureBody) -> dict[str, Any]:
        """Erase a person everywhere: record, calls, conversations, recordings, search. Nothing brings it back."""
        del body
        return await asyncio.to_thread(part.erase, customer_id)
