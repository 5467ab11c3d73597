"""One line of everything that happened with a person, over calls, conversations, notes and cases: folds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from calls.conversation_events import Attachment, ConversationOpened, MessageReceived, MessageSent
from calls.customer_events import (
    CaseNoted,
    CaseOpened,
    CaseStatusSet,
    CustomersJoined,
    CustomersParted,
    CustomerVerified,
    NoteWritten,
)
from calls.events import (
    BriefPrepared,
    CallAnswered,
    CallbackBooked,
    CallEnded,
    CallOffered,
    EscalationRequested,
    Event,
    FlowFinished,
    HandoverCompleted,
    LanguageChosen,
    StreamKind,
    TopicFound,
    TurnReopened,
)
from calls.ids import CustomerId

ItemKind = Literal[
    "call", "conversation", "note", "case_opened", "case_status", "case_note", "verified", "joined", "parted"
]

CONTACT_TYPES = (
    "call_offered",
    "call_answered",
    "language_chosen",
    "topic_found",
    "turn_reopened",
    "flow_finished",
    "escalation_requested",
    "brief_prepared",
    "callback_booked",
    "handover_completed",
    "call_ended",
    "conversation_opened",
    "message_received",
    "message_sent",
    "agent_entered",
    "conversation_closed",
)
"""Facts of a contact that its line is made of."""
QUOTE_SIGNS = 160
"""Longest quote: two lines on a page."""


FILES_MOST = 20
"""Files of a contact that its line names."""


@dataclass(frozen=True, slots=True)
class ContactFile:
    """A file of a message."""

    file: str
    """As the conversation's own files are asked for."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """A call or a conversation in one line."""

    channel: str = ""
    """`phone`, `web_call`, `chat`, `email`, `sms`, `whatsapp` or `social`; `import` for a recording from elsewhere."""
    language: str = ""
    topics: tuple[str, ...] = ()
    """Topics of articles, in the order in which they came up."""
    flows: tuple[str, ...] = ()
    """Flows that were finished: `appointment` …"""
    references: tuple[str, ...] = ()
    """What the customer was given as reference numbers."""
    escalated: str = ""
    """Why a human was wanted; empty when none was."""
    reached_human: bool = False
    callback: bool = False
    matter: str = ""
    """Of the brief or the subject; in the words of that contact."""
    quote: str = ""
    """The first thing that the customer wrote."""
    messages: int = 0
    files: tuple[ContactFile, ...] = ()
    """That came or went with its messages, the first `FILES_MOST`."""
    result: str = ""
    """How it ended; empty while it goes on."""
    ended_at_utc: datetime | None = None
    last_event_seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """One line of the timeline."""

    at_utc: datetime
    kind: ItemKind
    customer_id: CustomerId
    """The record that it belongs to; one of the person's."""
    stream_kind: StreamKind
    stream_id: str
    """The call, conversation or case; the customer record itself for notes and the like."""
    seq: int
    """Number of the fact in that stream; 0 for a whole contact."""
    text: str = ""
    by: str = ""
    detail: str = ""
    """A code: status of a case, level of a verification, id of a join."""
    contact: ContactLine | None = None
    case_ids: tuple[str, ...] = ()
    """Cases that the contact is about."""


def contact_line(events: Sequence[Event]) -> ContactLine:
    """Fold a call or a conversation into one line; facts of other types are skipped."""
    void = {event.body.turn_id for event in events if isinstance(event.body, TurnReopened)}
    line = ContactLine()
    for event in events:
        if getattr(event.body, "turn_id", None) not in void:
            line = replace(_line_step(line, event), last_event_seq=event.seq)
    return line


def _line_step(line: ContactLine, event: Event) -> ContactLine:
    match event.body:
        case CallOffered(transport=transport):
            channel = {"sip": "phone", "webrtc": "web_call"}.get(transport, transport)
            return replace(line, channel=channel)
        case CallAnswered(language=language) | LanguageChosen(language=language):
            return replace(line, language=language)
        case ConversationOpened() as body:
            return replace(line, channel=body.channel, language=body.language, matter=line.matter or body.subject)
        case TopicFound(topic=topic) if topic is not None and topic not in line.topics:
            return replace(line, topics=(*line.topics, topic))
        case FlowFinished(flow=flow, reference=reference):
            return replace(line, flows=(*line.flows, flow), references=(*line.references, reference))
        case EscalationRequested(reason=reason):
            return replace(line, escalated=reason)
        case BriefPrepared(matter=matter):
            return replace(line, matter=matter)
        case CallbackBooked():
            return replace(line, callback=True)
        case MessageReceived(text=text, attachments=files):
            quote = line.quote or " ".join(text.split())[:QUOTE_SIGNS]
            return replace(line, quote=quote, messages=line.messages + 1, files=_with_files(line, files))
        case MessageSent(attachments=files):
            return replace(line, messages=line.messages + 1, files=_with_files(line, files))
        case CallEnded(result=result):
            return replace(line, result=result, ended_at_utc=event.at_utc)
        case HandoverCompleted():
            return replace(line, reached_human=True)
        case body if body.type == "agent_entered":
            return replace(line, reached_human=True)
        case body if body.type == "conversation_closed":
            return replace(line, result=str(getattr(body, "reason", "")), ended_at_utc=event.at_utc)
        case _:
            return line


def _with_files(line: ContactLine, files: Sequence[Attachment]) -> tuple[ContactFile, ...]:
    return (*line.files, *(ContactFile(each.file, each.name) for each in files))[:FILES_MOST]


def item_of(event: Event, customer_id: CustomerId) -> TimelineItem | None:
    """Return the line of a fact of a customer or a case, None for facts that have none."""
    kind, text, by, detail = _told(event)
    if kind is None:
        return None
    return TimelineItem(
        at_utc=event.at_utc,
        kind=kind,
        customer_id=customer_id,
        stream_kind=event.stream_kind,
        stream_id=event.stream_id,
        seq=event.seq,
        text=text,
        by=by,
        detail=detail,
        case_ids=(event.stream_id,) if event.stream_kind == "case" else (),
    )


def _told(event: Event) -> tuple[ItemKind | None, str, str, str]:
    match event.body:
        case NoteWritten(text=text, by=by):
            return "note", text, by, ""
        case CustomerVerified(level=level, passed=passed, how=how):
            return "verified", how, "", f"{level}:{'passed' if passed else 'failed'}"
        case CustomersJoined(join_id=join_id, by=by):
            return "joined", "", by, join_id
        case CustomersParted(join_id=join_id, by=by, reason=reason):
            return "parted", reason, by, join_id
        case CaseOpened(subject=subject, topic=topic, by=by):
            return "case_opened", subject, by, topic
        case CaseStatusSet(status=status, by=by, reason=reason):
            return "case_status", reason, by, status
        case CaseNoted(text=text, by=by):
            return "case_note", text, by, ""
        case _:
            return None, "", "", ""
