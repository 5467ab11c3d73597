from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.conversation_events import ReplyDrafted
from calls.events import ActDecided, NoticeGiven
from calls.ids import MessageId
from service.channels.mail_answers import TOLD_AGAIN_MS, Mode, edited
from service.channels.parts import ReplyMoment
from service.channels.text_runner import Replied
from service.desk.queue_hours import HoursNow
from tests.service.channels.talk_in_writing import BILL, Desk
from tests.waiting import eventually

pytestmark = pytest.mark.realtime


TEN = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
OPEN = ReplyMoment(hours=HoursNow(now_local=TEN, open=True))
CLOSED = ReplyMoment(hours=HoursNow(now_local=TEN, open=False, opens_at=TEN + timedelta(hours=11)))


async def reply_to(text: str, folder: Path) -> Replied:
    desk = Desk(folder)
    seen: list[Replied] = []

    def keep(replied: Replied, _message_id: MessageId, _moment: ReplyMoment) -> Replied:
        seen.append(replied)
        return replied

    desk.conversations.add_channel("chat", "web", desk.rules, None, keep)
    await desk.write(text)
    await eventually(lambda: seen)
    await desk.stop()
    return seen[0]


@pytest.mark.parametrize(
    ("mode", "text", "goes_out", "drafted"),
    [
        ("sure", "¿Por qué es tan alta mi factura?", True, False),
        ("draft", "¿Por qué es tan alta mi factura?", False, True),
        ("sure", "Quisiera saber algo muy distinto.", False, False),
        ("draft", "Quisiera saber algo muy distinto.", False, False),
        ("sure", "agente", False, False),
        ("sure", "I want to talk to an agent", False, False),
        ("sure", "hola", False, False),
        ("sure", "Huele a gas en mi casa", True, False),
        ("draft", "I smell gas in my house", True, False),
    ],
)
async def test_when_the_bot_made_a_reply_then_it_goes_out_only_where_it_knows(
    mode: Mode, text: str, goes_out: bool, drafted: bool, tmp_path: Path
) -> None:
    made = edited(mode, await reply_to(text, tmp_path), MessageId("m1"), OPEN)

    drafts = [fact for fact in made.facts if isinstance(fact, ReplyDrafted)]
    assert bool(made.text) == goes_out
    assert bool(drafts) == drafted
    assert made.ends is False
    assert made.wants_staff == ("no" if goes_out and "gas" not in text else "later")
    if drafted:
        assert drafts[0].text.startswith(BILL["es"])
        assert drafts[0].answers == "m1"


@pytest.mark.parametrize("mode", ["sure", "draft"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Quisiera saber algo muy distinto.",
            "Gracias, su mensaje ha llegado. A esta hora no están nuestros compañeros. Nuestros compañeros vuelven "
            "mañana a las 9:00. Uno de ellos lo leerá y le contestará.",
        ),
        (
            "I would like to know something else.",
            "Thank you, your message is here. Our colleagues are not in at this hour. Our colleagues are back tomorrow "
            "at 9:00. One of them will read it and answer you.",
        ),
    ],
)
async def test_when_a_mail_comes_to_people_who_are_not_in_then_its_writer_is_told_once_a_night(
    mode: Mode, text: str, told: str, tmp_path: Path
) -> None:
    replied = await reply_to(text, tmp_path)
    made = edited(mode, replied, MessageId("m1"), CLOSED)
    assert (made.text, made.wants_staff) == (told, "later")
    assert [fact.detail for fact in made.facts if isinstance(fact, ActDecided)][-1] == "opens"
    assert not any(isinstance(fact, NoticeGiven) for fact in made.facts), "the notice stood in what does not go out"

    again = replace(CLOSED, told_hours_ago_ms=TOLD_AGAIN_MS - 1)
    assert edited(mode, replied, MessageId("m1"), again).text == ""
    assert edited(mode, replied, MessageId("m1"), replace(CLOSED, told_hours_ago_ms=TOLD_AGAIN_MS)).text == told
    assert edited(mode, replied, MessageId("m1"), CLOSED, tells_hours=False).text == ""
    assert edited(mode, replied, MessageId("m1"), OPEN).text == ""


async def test_when_nobody_knows_when_people_are_in_then_no_hour_is_promised(tmp_path: Path) -> None:
    replied = await reply_to("Quisiera saber algo muy distinto.", tmp_path)
    made = edited("draft", replied, MessageId("m1"), ReplyMoment(hours=HoursNow(now_local=TEN, open=False)))
    assert "vuelven" not in made.text
    assert made.text.startswith("Gracias, su mensaje ha llegado.")


async def test_when_an_answer_is_drafted_at_a_closed_hour_then_both_the_draft_and_the_confirmation_are_there(
    tmp_path: Path,
) -> None:
    made = edited("draft", await reply_to("¿Por qué es tan alta mi factura?", tmp_path), MessageId("m1"), CLOSED)
    (draft,) = [fact for fact in made.facts if isinstance(fact, ReplyDrafted)]
    assert draft.text.startswith(BILL["es"])
    assert BILL["es"] not in made.text
    assert "a las 9:00" in made.text
