from __future__ import annotations

from pathlib import Path

import pytest

from calls.conversation_events import ReplyDrafted
from calls.ids import MessageId
from service.channels.mail_answers import Mode, edited
from service.channels.text_runner import Replied
from tests.service.channels.talk_in_writing import BILL, Desk
from tests.waiting import eventually

pytestmark = pytest.mark.realtime


async def reply_to(text: str, folder: Path) -> Replied:
    desk = Desk(folder)
    seen: list[Replied] = []

    def keep(replied: Replied, _message_id: MessageId) -> Replied:
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
    made = edited(mode, await reply_to(text, tmp_path), MessageId("m1"))

    drafts = [fact for fact in made.facts if isinstance(fact, ReplyDrafted)]
    assert bool(made.text) == goes_out
    assert bool(drafts) == drafted
    assert made.ends is False
    assert made.wants_staff == ("no" if goes_out and "gas" not in text else "later")
    if drafted:
        assert drafts[0].text.startswith(BILL["es"])
        assert drafts[0].answers == "m1"
