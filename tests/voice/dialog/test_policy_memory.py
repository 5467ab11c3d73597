"""A policy that was taken back behaves as if it had never gone on."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.ids import Language
from tests.voice.dialog import scripted
from tests.voice.dialog import test_policy_invariants as invariants
from voice.dialog import acts
from voice.dialog.policy import DialogPolicy
from voice.dialog.settings import DialogSettings

REMEMBERING_MS = 1.0
"""What remembering may cost. Source: it is done at every turn, on the event loop."""


SCRIPTS = st.lists(st.tuples(invariants.EVENTS, st.integers(0, 9000)), max_size=8)


@dataclass
class Line:
    """A line whose own state can be taken back together with the policy's."""

    policy: DialogPolicy
    now_ms: int = 0
    unplayed: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    record: list[object] = field(default_factory=list)

    def step(self, event: acts.DialogInput) -> None:
        decided = self.policy.step(event, self.now_ms)
        for act in decided:
            if isinstance(act, acts.Say):
                self.unplayed.append(act.say_id)
                self.said.append(act.say_id)
            elif isinstance(act, acts.LookUp):
                self.queries.append(act.query_id)
        shown = re.sub(r"(?:say|query)-\d+", "id", repr(decided))
        self.record.append((shown, self.policy.state, self.policy.language, self.policy.next_deadline_ms()))

    def happen(self, event: acts.DialogInput, wait_ms: int) -> None:
        self.now_ms += wait_ms
        if isinstance(event, acts.PassagesFound):
            query_id = self.queries[-1] if self.queries else ""
            event = acts.PassagesFound(query_id=query_id, passages=event.passages)
        if isinstance(event, acts.SayDone):
            count = len(self.unplayed) if event.say_id == "all" else min(1, len(self.unplayed))
            for say_id in [self.unplayed.pop(0) for _ in range(count)]:
                self.step(acts.SayDone(say_id=say_id, heard_text="", interrupted=event.interrupted))
            return
        if isinstance(event, acts.DeadlineReached):
            self.now_ms = max(self.now_ms, self.policy.next_deadline_ms() or 0)
        self.step(event)

    def copy(self) -> Line:
        return Line(
            self.policy, self.now_ms, list(self.unplayed), list(self.queries), list(self.said), list(self.record)
        )


def begun(chosen: DialogSettings, language: Language) -> Line:
    line = Line(DialogPolicy(chosen, language, new_reference=lambda flow: "48213"))
    line.step(acts.CallBegan(now_local=scripted.SUNDAY, caller="+34612345678", open=True, agents_signed_in=1))
    return line


@given(invariants.SETTINGS, invariants.LANGUAGE, SCRIPTS, SCRIPTS, SCRIPTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_when_the_policy_is_taken_back_at_every_point_then_the_call_is_the_same_as_never_disturbed(
    chosen: DialogSettings,
    language: Language,
    script: list[tuple[acts.DialogInput, int]],
    first_future: list[tuple[acts.DialogInput, int]],
    second_future: list[tuple[acts.DialogInput, int]],
) -> None:
    calm = begun(chosen, language)
    for event, wait_ms in script:
        calm.happen(event, wait_ms)
    line = begun(chosen, language)
    for event, wait_ms in script:
        memory = line.policy.remember()
        given_before = set(line.said)
        for future in (first_future, second_future):
            forgotten = line.copy()
            for other, other_wait_ms in future:
                forgotten.happen(other, other_wait_ms)
            line.policy.restore(memory, line.now_ms)
            new = forgotten.said[len(line.said) :]
            assert not given_before & set(new)
            given_before |= set(new)
            for say_id in new:
                late = acts.SayDone(say_id=say_id, heard_text="", interrupted=True)
                assert line.policy.step(late, line.now_ms) == ()
            for query_id in set(forgotten.queries) - set(line.queries):
                assert line.policy.step(acts.PassagesFound(query_id=query_id, passages=()), line.now_ms) == ()
        line.happen(event, wait_ms)
    assert line.record == calm.record


def test_when_the_policy_is_remembered_then_it_costs_little_and_copies_no_settings() -> None:
    call = invariants.in_state("summary", 1)
    started = time.process_time()
    for _ in range(100):
        memory = call.policy.remember()
    cost_ms = (time.process_time() - started) * 10
    assert cost_ms < REMEMBERING_MS
    assert memory.talk.settings is call.settings


def test_when_a_turn_was_taken_back_then_ids_are_never_given_twice() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    memory = call.policy.remember()
    call.line("> goodbye")
    call.policy.restore(memory, call.now_ms)
    call.line("> repeat that, please")
    ids = [say.say_id for say in call.said]
    assert len(set(ids)) == len(ids)


def test_when_an_angry_turn_was_taken_back_then_it_does_not_count() -> None:
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    memory = call.policy.remember()
    call.line("> this is outrageous")
    call.policy.restore(memory, call.now_ms)
    assert "escalate emotion" not in call.line("> this is outrageous, you are useless")
    assert "escalate emotion" in call.line("> I am furious")
