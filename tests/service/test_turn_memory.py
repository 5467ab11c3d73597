"""A turn that is taken back leaves the policy as it was, but what was played since stays played."""

from __future__ import annotations

from calls.ids import TurnId
from calls.speech import Turn
from service.turn_memory import TurnMemory
from tests.voice.dialog import scripted
from voice.dialog import acts
from voice.dialog.policy import DialogPolicy
from voice.dialog.settings import DialogSettings


def test_when_sayings_ended_after_the_turn_then_they_are_not_awaited_again_once_it_is_taken_back() -> None:
    policy = DialogPolicy(DialogSettings(), "en", new_reference=lambda _: "48213")
    memory = TurnMemory(policy)

    def tell(news: acts.DialogInput, now_ms: int) -> list[str]:
        memory.note(news)
        return [act.say_id for act in policy.step(news, now_ms) if isinstance(act, acts.Say)]

    began = acts.CallBegan(now_local=scripted.SUNDAY, caller="", open=True, agents_signed_in=0)
    greeting = tell(began, 0)
    tell(acts.SayDone(say_id=greeting[0], heard_text="", interrupted=False), 1_000)
    memory.remember()
    turn = Turn(turn_id=TurnId("t"), speaker="caller", text="hello", language="en", start_ms=0, end_ms=1)
    answer = tell(acts.CallerTurn(turn=turn), 2_000)
    for say_id in (*greeting[1:], *answer):
        tell(acts.SayDone(say_id=say_id, heard_text="", interrupted=False), 6_000)
    since = memory.go_back(7_000)
    assert since is not None
    for news in since:
        tell(news, 7_000)
    due_ms = policy.next_deadline_ms()
    assert due_ms is not None
    assert due_ms <= 7_000 + DialogSettings().no_input_ms
    assert memory.go_back(8_000) is None, "a turn is taken back once"


def test_when_the_turn_stands_then_there_is_nothing_to_go_back_to() -> None:
    policy = DialogPolicy(DialogSettings(), "en", new_reference=lambda _: "48213")
    memory = TurnMemory(policy)
    memory.remember()
    memory.forget()
    assert memory.go_back(0) is None
