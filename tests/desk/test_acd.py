"""The queue, step by step: who is offered what, what happens when nobody takes it, what is told."""

from __future__ import annotations

import pytest

from desk import acd_messages as m
from desk.acd import AcdMachine
from desk.acd_rules import AcdRules, QueueRules
from tests.desk.acd_scripts import Desk, contact, rules


def test_when_an_agent_is_ready_then_the_contact_is_offered_and_connected() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"))
    offer = desk.offer()
    assert (offer.contact_id, offer.agent, offer.for_ms) == ("c1", "ana", 20_000)
    assert desk.state_of("ana") == "reserved"
    desk.now_ms = 5_000
    assert m.Connect(reservation_id=offer.reservation_id, contact_id="c1", agent="ana", waited_ms=5_000) in desk.do(
        m.OfferTaken(offer.reservation_id)
    )
    assert desk.state_of("ana") == "busy"


def test_when_nobody_is_ready_then_the_contact_waits_for_the_first_who_is() -> None:
    desk = Desk()
    desk.do(m.AgentSignedIn(agent="ana", languages=frozenset({"en"}), skills=frozenset()))
    desk.do(contact("c1"))
    assert desk.offers() == []
    desk.do(m.AgentReady("ana"))
    assert desk.offers() == [("c1", "ana")]


def test_when_several_are_ready_then_the_longest_idle_is_offered() -> None:
    desk = Desk()
    desk.work("ana")
    desk.now_ms = 1_000
    desk.work("ben")
    desk.do(contact("c1"))
    connect = desk.accept()
    assert connect.agent == "ana"
    desk.now_ms = 2_000
    desk.do(m.WorkOver("ana", "c1"), contact("c2"))
    assert desk.offers() == [("c2", "ben")]


def test_when_an_agent_says_ready_twice_then_they_have_been_idle_since_the_first() -> None:
    desk = Desk()
    desk.work("ana", "ben")
    desk.now_ms = 1_000
    desk.do(m.AgentReady("ana"), contact("c1"))
    assert desk.offers() == [("c1", "ana")]


def test_when_contacts_wait_then_the_first_that_came_is_the_first_that_is_offered() -> None:
    desk = Desk()
    desk.do(contact("c1"))
    desk.now_ms = 1_000
    desk.do(contact("c2"))
    desk.work("ana", "ben")
    assert desk.offers() == [("c1", "ana"), ("c2", "ben")]


def test_when_nobody_takes_an_offer_then_the_agent_gets_no_more_and_the_contact_keeps_its_place() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"), contact("c2"))
    desk.wait(20_000)
    assert [over.reason for over in desk.take(m.OfferOver)] == ["no_answer"]
    assert desk.state_of("ana") == "not_responding"
    assert desk.machine.line("main") == ["c1", "c2"]
    desk.wait(300_000)
    assert desk.offers() == [("c1", "ana")]
    desk.do(m.AgentReady("ana"))
    assert desk.offers() == [("c1", "ana")]


def test_when_an_agent_cannot_be_reached_then_it_is_as_if_the_time_had_passed() -> None:
    desk = Desk()
    desk.work("ana", "ben")
    desk.do(contact("c1"))
    desk.do(m.OfferUnanswered(desk.offer().reservation_id))
    assert [over.reason for over in desk.take(m.OfferOver)] == ["no_answer"]
    assert desk.state_of("ana") == "not_responding"
    assert desk.offers() == [("c1", "ben")]


def test_when_an_agent_hears_the_brief_first_then_they_have_more_time() -> None:
    desk = Desk()
    desk.do(m.AgentSignedIn(agent="ana", languages=frozenset({"en"}), skills=frozenset(), more_ms=30_000))
    desk.do(m.AgentReady("ana"), contact("c1"))
    assert desk.offer().for_ms == 50_000


def test_when_an_agent_declines_then_another_is_offered_and_the_first_again_only_later() -> None:
    desk = Desk(rules(again_ms=30_000))
    desk.work("ana")
    desk.do(contact("c1"))
    desk.do(m.OfferRefused(desk.offer().reservation_id, note="lunch"))
    assert [(over.reason, over.note) for over in desk.take(m.OfferOver)] == [("declined", "lunch")]
    assert desk.state_of("ana") == "ready"
    assert desk.offers() == []
    desk.wait(29_999)
    assert desk.offers() == []
    desk.wait(1)
    assert desk.offers() == [("c1", "ana")]


def test_when_an_agent_declines_then_the_next_contact_is_theirs() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"), contact("c2"))
    desk.do(m.OfferRefused(desk.offer().reservation_id))
    assert desk.offers() == [("c2", "ana")]


def test_when_an_agent_redirects_to_a_colleague_then_the_colleague_is_offered_first() -> None:
    desk = Desk()
    desk.work("ana", "ben", "cid")
    desk.do(contact("c1"))
    desk.do(m.OfferRefused(desk.offer().reservation_id, redirect_to="cid"))
    assert desk.take(m.OfferOver)[-1].reason == "redirected"
    assert desk.offers() == [("c1", "cid")]


def test_when_an_agent_redirects_to_a_queue_then_the_contact_waits_there_with_the_time_it_waited() -> None:
    desk = Desk(rules(QueueRules(name="billing", skills=frozenset({"billing"}))))
    desk.work("ana")
    desk.do(contact("c1"))
    offer = desk.offer()
    desk.now_ms = 4_000
    desk.do(m.OfferRefused(offer.reservation_id, redirect_to="queue:billing"))
    assert desk.take(m.Moved) == [
        m.Moved(contact_id="c1", from_queue="main", to_queue="billing", reason="redirected", waited_ms=4_000)
    ]
    desk.work("bea", skills=["billing"])
    assert desk.offers() == [("c1", "bea")]


def test_when_an_agent_redirects_to_nobody_known_then_it_counts_as_declined() -> None:
    desk = Desk()
    desk.work("ana", "ben")
    desk.do(contact("c1"))
    desk.do(m.OfferRefused(desk.offer().reservation_id, redirect_to="zoe"))
    assert desk.take(m.OfferOver)[-1].reason == "declined"
    assert desk.offers() == [("c1", "ben")]


def test_when_an_agent_has_a_call_then_nothing_more_is_offered() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"))
    desk.accept()
    desk.do(contact("c2"), contact("t1", kind="conversation"))
    desk.wait(60_000)
    assert desk.offers() == []


def test_when_an_agent_has_texts_then_more_texts_fit_up_to_their_number() -> None:
    desk = Desk()
    desk.work("ana", text_at_once=2)
    for text in ("t1", "t2", "t3"):
        desk.do(contact(text, kind="conversation"))
    assert desk.accept().contact_id == "t1"
    assert desk.accept().contact_id == "t2"
    assert desk.offers() == []
    desk.do(m.WorkOver("ana", "t1"))
    assert desk.offers() == [("t3", "ana")]


def test_when_an_agent_has_texts_then_a_call_may_come_but_goes_to_idle_agents_first() -> None:
    desk = Desk()
    desk.work("ana", "ben")
    desk.do(contact("t1", kind="conversation"))
    assert desk.accept().agent == "ana"
    desk.do(contact("c1"))
    assert desk.accept().agent == "ben"
    desk.do(contact("c2"))
    assert desk.offers() == [("c2", "ana")]


def test_when_a_contact_speaks_a_language_then_only_who_speaks_it_is_offered() -> None:
    desk = Desk()
    desk.work("ana", languages=["es"])
    desk.do(contact("c1", language="en"))
    desk.wait(600_000)
    assert desk.offers() == []
    desk.work("ben", languages=["en"])
    assert desk.offers() == [("c1", "ben")]


def test_when_skills_are_wanted_then_they_are_relaxed_after_a_time_but_the_queues_never() -> None:
    billing = QueueRules(name="billing", skills=frozenset({"billing"}), relax_after_ms=60_000)
    desk = Desk(rules(billing))
    desk.work("ana")
    desk.work("bea", skills=["billing"])
    desk.do(contact("c1", queue="billing", skills=["refunds"]))
    desk.wait(59_999)
    assert desk.offers() == []
    desk.wait(1)
    assert desk.offers() == [("c1", "bea")]


def test_when_a_contact_wants_an_agent_then_it_is_kept_for_them_for_some_seconds() -> None:
    desk = Desk()
    desk.work("ana", "ben")
    desk.do(contact("c0"))
    assert desk.accept().agent == "ana"
    desk.do(contact("c1", wanted="ana"))
    desk.wait(19_999)
    assert desk.offers() == []
    desk.wait(1)
    assert desk.offers() == [("c1", "ben")]


def test_when_the_wanted_agent_is_not_at_work_then_anybody_is_offered_at_once() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1", wanted="zoe"))
    assert desk.offers() == [("c1", "ana")]


def test_when_the_wanted_agent_goes_home_then_anybody_is_offered() -> None:
    desk = Desk()
    desk.work("ana", "ben")
    desk.do(contact("c0"))
    desk.accept()
    desk.do(contact("c1", wanted="ana"), m.AgentSignedOut("ana"))
    assert desk.offers() == [("c1", "ben")]


def test_when_the_agent_signs_out_or_takes_a_break_then_the_offer_goes_back() -> None:
    inputs: list[tuple[m.AcdInput, str]] = [
        (m.AgentSignedOut("ana"), "withdrawn"),
        (m.AgentSignedOut("ana", lost=True), "agent_lost"),
        (m.AgentNotReady("ana", "break"), "withdrawn"),
        (m.WorkBegan(agent="ana", contact_id="x", kind="call"), "withdrawn"),
    ]
    for event, reason in inputs:
        desk = Desk()
        desk.work("ana")
        desk.do(contact("c1"))
        desk.do(event)
        assert [over.reason for over in desk.take(m.OfferOver)] == [reason]
        assert desk.machine.line("main") == ["c1"]


def test_when_the_contact_goes_while_it_is_offered_then_the_offer_is_taken_off_the_screen() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"))
    desk.do(m.ContactGone("c1", "abandoned"))
    assert [over.reason for over in desk.take(m.OfferOver)] == ["withdrawn"]
    assert [(left.contact_id, left.reason) for left in desk.take(m.Left)] == [("c1", "abandoned")]
    assert desk.state_of("ana") == "ready"


def test_when_an_offer_is_over_then_taking_it_does_nothing() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"))
    offer = desk.offer()
    desk.do(m.ContactGone("c1", "abandoned"))
    assert desk.do(m.OfferTaken(offer.reservation_id)) == []
    assert desk.do(m.OfferRefused(offer.reservation_id)) == []


def test_when_the_agent_cannot_be_joined_then_the_contact_is_next_and_another_is_offered() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"), contact("c2"))
    desk.accept()
    desk.do(m.ContactBack("c1"))
    assert desk.machine.line("main") == ["c1", "c2"]
    assert desk.offers() == [("c2", "ana")]
    desk.work("ben")
    assert desk.offers() == [("c1", "ben")]


def test_when_one_of_several_texts_is_over_then_it_is_told_though_the_state_is_the_same() -> None:
    desk = Desk()
    desk.work("ana")
    for text in ("t1", "t2"):
        desk.do(contact(text, kind="conversation"))
        desk.accept()
    desk.take(m.AgentIs)
    desk.do(m.WorkOver("ana", "t1"))
    assert [said.state for said in desk.take(m.AgentIs)] == ["busy"]
    assert desk.do(m.Tick()) == []


def test_when_work_is_over_then_the_work_after_it_keeps_the_agent_for_its_time() -> None:
    desk = Desk(AcdRules(usual=QueueRules(wrap_up_ms=60_000)))
    desk.work("ana")
    desk.do(contact("c1"), contact("c2"))
    desk.accept()
    desk.do(m.WorkOver("ana", "c1"))
    assert desk.state_of("ana") == "wrap_up"
    desk.wait(59_999)
    assert desk.offers() == []
    desk.wait(1)
    assert desk.offers() == [("c2", "ana")]


def test_when_the_work_after_it_is_done_sooner_then_the_agent_is_free_at_once() -> None:
    desk = Desk(AcdRules(usual=QueueRules(wrap_up_ms=60_000)))
    desk.work("ana")
    desk.do(contact("c1"), contact("c2"))
    desk.accept()
    desk.do(m.WorkOver("ana", "c1"))
    desk.do(m.WrapUpOver("ana", "c1"))
    assert desk.offers() == [("c2", "ana")]


def test_when_the_caller_hangs_up_on_an_agent_then_the_work_after_it_begins() -> None:
    desk = Desk(AcdRules(usual=QueueRules(wrap_up_ms=60_000)))
    desk.work("ana")
    desk.do(contact("c1"))
    desk.accept()
    desk.do(m.ContactGone("c1", "abandoned"))
    assert desk.state_of("ana") == "wrap_up"


def test_when_a_break_is_taken_in_a_call_then_it_begins_after_the_work_is_over() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"))
    desk.accept()
    desk.do(m.AgentNotReady("ana", "break"), contact("c2"))
    assert desk.state_of("ana") == "busy"
    desk.do(m.WorkOver("ana", "c1"))
    assert desk.state_of("ana") == "not_ready"
    assert desk.offers() == []


def test_when_an_agent_takes_part_in_a_contact_outside_the_queue_then_they_are_busy() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(m.WorkBegan(agent="ana", contact_id="x", kind="call"), contact("c1"))
    assert desk.state_of("ana") == "busy"
    assert desk.offers() == []
    desk.do(m.WorkOver("ana", "x"))
    assert desk.offers() == [("c1", "ana")]


def test_when_somebody_very_important_comes_then_they_are_ahead_by_their_minute_and_no_more() -> None:
    desk = Desk()
    desk.do(contact("early"))
    desk.now_ms = 59_000
    desk.do(contact("vip", vip=True))
    assert desk.machine.line("main") == ["vip", "early"]
    desk.now_ms = 61_000
    desk.do(contact("late-vip", vip=True))
    assert desk.machine.line("main") == ["vip", "early", "late-vip"]


def test_when_a_waiting_caller_gets_angry_then_they_move_up_and_are_told() -> None:
    desk = Desk()
    desk.do(contact("c1"), contact("c2"), contact("c3"))
    desk.take(m.Waits)
    desk.now_ms = 10_000
    desk.do(m.FeelingChanged(contact_id="c3", anger_prob=0.9, frustration_score=0.5))
    assert desk.machine.line("main") == ["c3", "c1", "c2"]
    assert {(told.contact_id, told.position) for told in desk.take(m.Waits)} == {("c3", 1), ("c1", 2), ("c2", 3)}


def test_when_a_contact_arrives_then_its_place_is_told_and_an_estimate_only_from_data() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c0"))
    desk.accept()
    desk.do(contact("c1"))
    assert [(told.position, told.expected_wait_s) for told in desk.take(m.Waits) if told.contact_id == "c1"] == [
        (1, None)
    ]
    for _ in range(3):
        desk.machine.learn("main", 200_000)
    desk.do(contact("c2"))
    told = {told.contact_id: (told.position, told.expected_wait_s) for told in desk.take(m.Waits)}
    assert told == {"c1": (1, 210), "c2": (2, 420)}


def test_when_nobody_at_work_may_serve_it_then_the_contact_is_told_once_and_again_when_all_left() -> None:
    desk = Desk()
    desk.do(contact("c1"))
    assert [long.why for long in desk.take(m.WaitsLong)] == ["no_agents"]
    desk.wait(60_000)
    assert desk.take(m.WaitsLong) == []
    desk.work("ana")
    desk.do(m.AgentSignedOut("ana"))
    assert [long.why for long in desk.take(m.WaitsLong)] == ["no_agents"]


def test_when_it_waits_long_then_it_is_told_once() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c0"))
    desk.accept()
    desk.do(contact("c1"))
    desk.wait(119_999)
    assert desk.take(m.WaitsLong) == []
    desk.wait(600_000)
    assert [(long.contact_id, long.why) for long in desk.take(m.WaitsLong)] == [("c1", "long_wait")]


def test_when_the_queue_closes_then_who_waits_is_told_and_still_served() -> None:
    desk = Desk()
    desk.do(contact("c1"))
    desk.take(m.WaitsLong)
    desk.do(m.QueueHours("main", open=False))
    assert [long.why for long in desk.take(m.WaitsLong)] == ["closed"]
    desk.work("ana")
    assert desk.offers() == [("c1", "ana")]


def test_when_a_queue_overflows_then_the_contact_goes_to_the_next_with_the_time_it_waited() -> None:
    first = QueueRules(name="first", skills=frozenset({"rare"}), overflow_ms=30_000, overflow_to="second")
    second = QueueRules(name="second", overflow_ms=30_000, overflow_to="first")
    desk = Desk(rules(first, second))
    desk.do(contact("c1", queue="first"))
    desk.now_ms = 29_000
    desk.do(contact("c2", queue="second"))
    desk.wait(1_000)
    moved = desk.take(m.Moved)
    assert [(move.contact_id, move.to_queue, move.waited_ms) for move in moved] == [("c1", "second", 30_000)]
    assert desk.machine.line("second") == ["c1", "c2"]
    desk.wait(600_000)
    assert [(move.contact_id, move.to_queue) for move in desk.take(m.Moved)] == [("c2", "first")]


def test_when_a_call_overflows_with_a_way_out_then_it_leaves_and_a_text_stays() -> None:
    desk = Desk(rules(QueueRules(name="main", overflow_ms=30_000)))
    desk.do(contact("c1", way_out="+34910000000"), contact("t1", kind="conversation", way_out="+34910000000"))
    desk.do(contact("c2"))
    desk.wait(600_000)
    assert [(left.contact_id, left.reason, left.to) for left in desk.take(m.Left)] == [
        ("c1", "overflow", "+34910000000")
    ]
    assert desk.machine.line("main") == ["t1", "c2"]


def test_when_a_callback_comes_with_the_time_of_its_call_then_it_has_the_place_of_its_call() -> None:
    desk = Desk()
    desk.now_ms = 100_000
    desk.do(contact("c1"))
    desk.now_ms = 110_000
    desk.do(contact("callback", waited_ms=60_000))
    assert desk.machine.line("main") == ["callback", "c1"]


def test_when_work_on_the_queue_is_counted_then_only_who_serves_it_counts() -> None:
    desk = Desk(rules(QueueRules(name="billing", skills=frozenset({"billing"}))))
    desk.work("ana")
    desk.work("bea", languages=["es"], skills=["billing"])
    desk.do(m.AgentSignedIn(agent="cid", languages=frozenset({"en"}), skills=frozenset({"billing"})))
    assert desk.machine.working("main") == 2
    assert desk.machine.working("billing") == 1
    assert desk.machine.working("billing", "en") == 0


def test_when_an_agent_who_went_home_comes_back_then_what_was_in_hand_still_is() -> None:
    desk = Desk()
    desk.work("ana")
    desk.do(contact("c1"))
    desk.accept()
    desk.do(m.AgentSignedOut("ana", lost=True))
    desk.work("ana")
    assert desk.state_of("ana") == "busy"
    desk.do(m.WorkOver("ana", "c1"))
    assert desk.state_of("ana") == "ready"


@pytest.mark.parametrize(
    "event",
    [
        m.AgentSignedOut("nobody"),
        m.AgentReady("nobody"),
        m.AgentNotReady("nobody"),
        m.FeelingChanged(contact_id="nothing", anger_prob=1.0, frustration_score=1.0),
        m.OfferTaken("nothing"),
        m.OfferRefused("nothing"),
        m.OfferUnanswered("nothing"),
        m.ContactGone("nothing", "abandoned"),
        m.ContactBack("nothing"),
        m.WorkBegan(agent="nobody", contact_id="x", kind="call"),
        m.WorkOver("nobody", "nothing"),
        m.WrapUpOver("nobody", "nothing"),
        m.Tick(),
    ],
)
def test_when_news_come_too_late_then_nothing_happens(event: m.AcdInput) -> None:
    machine = AcdMachine()
    assert machine.step(event, 0) == []
    assert machine.next_deadline_ms() is None
