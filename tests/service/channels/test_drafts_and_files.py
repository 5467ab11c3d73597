from __future__ import annotations

from datetime import UTC, datetime

from calls.conversation_events import Attachment, MessageReceived, MessageSent, ReplyDrafted
from calls.events import Event, EventBody
from calls.ids import MessageId
from service.channels.desk_api import draft_for
from service.channels.file_routes import attachment_of

PHOTO = Attachment(file="01/key/01.jpg", name="contador.jpg", media_type="image/jpeg", size_bytes=3, seal="")
RECEIVED = MessageReceived(message_id=MessageId("m1"), text="Hola", attachments=(PHOTO,), external_id="")
DRAFTED = ReplyDrafted(answers=MessageId("m1"), text="Buenos días")
SENT = MessageSent(
    message_id=MessageId("m2"), author="agent", by="eva", text="Hola", attachments=(), answers=MessageId("m1")
)


def events(*bodies: EventBody) -> list[Event]:
    return [
        Event(
            stream_kind="conversation",
            stream_id="c1",
            seq=seq,
            at_utc=datetime(2026, 11, 30, tzinfo=UTC),
            t_ms=None,
            source="bot",
            schema_version=1,
            body=body,
        )
        for seq, body in enumerate(bodies, 1)
    ]


def test_when_the_bot_suggested_an_answer_then_it_is_shown_until_somebody_writes() -> None:
    assert draft_for(events(RECEIVED)) == ""
    assert draft_for(events(RECEIVED, DRAFTED)) == "Buenos días"
    assert draft_for(events(RECEIVED, DRAFTED, SENT)) == ""
    assert draft_for(events(RECEIVED, DRAFTED, RECEIVED)) == ""


def test_when_a_file_is_asked_for_then_it_must_be_one_of_the_conversation() -> None:
    assert attachment_of(events(RECEIVED), PHOTO.file) == PHOTO
    assert attachment_of(events(RECEIVED, SENT), "01/another/01.jpg") is None
