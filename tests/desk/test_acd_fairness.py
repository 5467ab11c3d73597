"""The promise to calm callers, over whole queues: the angry go first by a bounded time, and everybody is served."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desk import acd_messages as m
from desk.acd_rules import AcdRules, QueueRules
from desk.priority import BOOST_AT_MOST_MS, FEELING_AT_MOST_MS, VIP_MS, Boost, feeling_level
from tests.desk.acd_scripts import Desk, contact

probabilities = st.floats(0, 1)


@dataclass(frozen=True)
class Arrival:
    """One caller of a whole queue."""

    after_ms: int
    """Since the one before."""
    moods: tuple[tuple[float, float], ...]
    """How they sound at first, and each time somebody else comes; empty for a calm one."""
    vip: bool
    talk_ms: int


calm = st.builds(
    Arrival, after_ms=st.integers(0, 60_000), moods=st.just(()), vip=st.just(False), talk_ms=st.just(90_000)
)
upset = st.builds(
    Arrival,
    after_ms=st.integers(0, 60_000),
    moods=st.lists(st.tuples(probabilities, probabilities), min_size=1, max_size=5).map(tuple),
    vip=st.booleans(),
    talk_ms=st.integers(10_000, 240_000),
)
furious = st.builds(
    Arrival,
    after_ms=st.integers(0, 20_000),
    moods=st.just(((1.0, 1.0),) * 40),
    vip=st.booleans(),
    talk_ms=st.integers(30_000, 90_000),
)
whole_queues = st.lists(st.one_of(calm, upset), min_size=2, max_size=40)
rushes = st.lists(st.one_of(calm, furious), min_size=20, max_size=40)
"""More come than can be served, and most are as angry as can be: waits go far beyond the bound."""


RUSH = [
    Arrival(after_ms=1_000, moods=(), vip=False, talk_ms=60_000),
    Arrival(after_ms=1_000, moods=(), vip=False, talk_ms=60_000),
    *(Arrival(after_ms=20_000, moods=((1.0, 1.0),) * 40, vip=True, talk_ms=60_000) for _ in range(30)),
]
"""Who came first and is calm is passed over again and again, unless the boost has an end."""


@given(queue=whole_queues | rushes, agents=st.integers(1, 4))
@settings(max_examples=200, deadline=None)
@example(queue=RUSH, agents=1)
def test_when_a_whole_queue_is_served_then_nobody_is_overtaken_by_one_who_came_later_than_the_bound(
    queue: list[Arrival], agents: int
) -> None:
    desk = Desk(AcdRules(usual=QueueRules(wrap_up_ms=0)))
    desk.work(*(f"a{number}" for number in range(agents)))
    arrived_ms: dict[str, int] = {}
    moods: dict[str, list[tuple[float, float]]] = {}
    waiting: set[str] = set()
    ends: list[tuple[int, str, str]] = []

    def serve() -> None:
        """Accept what is offered, and look at whom it passes over."""
        while offers := desk.take(m.Offer):
            for offer in offers:
                waiting.discard(offer.contact_id)
                for other in waiting:
                    assert arrived_ms[offer.contact_id] - arrived_ms[other] <= BOOST_AT_MOST_MS
            for offer in offers:
                ends.append((desk.now_ms + queue[int(offer.contact_id)].talk_ms, offer.agent, offer.contact_id))
                desk.do(m.OfferTaken(offer.reservation_id))

    def until(moment_ms: int) -> None:
        """Let talks end up to a moment."""
        while ends and min(ends)[0] <= moment_ms:
            end = min(ends)
            ends.remove(end)
            desk.wait(end[0] - desk.now_ms)
            desk.do(m.WorkOver(end[1], end[2]))
            serve()
        desk.wait(max(0, moment_ms - desk.now_ms))

    for number, arrival in enumerate(queue):
        until(desk.now_ms + arrival.after_ms)
        name = str(number)
        for other in sorted(waiting):
            if moods[other]:
                anger, frustration = moods[other].pop(0)
                desk.do(m.FeelingChanged(contact_id=other, anger_prob=anger, frustration_score=frustration))
        first, *later = arrival.moods or ((0.0, 0.0),)
        arrived_ms[name], moods[name] = desk.now_ms, later
        waiting.add(name)
        desk.do(contact(name, anger=first[0], frustration=first[1], vip=arrival.vip))
        serve()
    until(desk.now_ms + sum(arrival.talk_ms for arrival in queue) + 1)
    assert not waiting, "everybody was served"
    assert not ends
    assert desk.machine.line("main") == []


def test_when_angry_callers_never_stop_coming_then_a_calm_one_is_still_next_after_the_bound() -> None:
    desk = Desk(AcdRules(usual=QueueRules(wrap_up_ms=0)))
    desk.work("ana")
    desk.do(contact("first"))
    desk.accept()
    desk.do(contact("calm"))
    served = []
    current = "first"
    for number in range(200):  # each talk of 5 s brings one more who is furious: a plain priority would starve the calm
        desk.do(contact(f"furious-{number}", anger=1.0, frustration=1.0))
        desk.wait(5_000)
        desk.do(m.WorkOver("ana", current))
        current = desk.accept().contact_id
        served.append(current)
        if current == "calm":
            break
    assert served[-1] == "calm"
    assert len(served) * 5_000 <= FEELING_AT_MOST_MS + 2 * 5_000


@given(
    first=st.tuples(probabilities, probabilities),
    moods=st.lists(st.tuples(probabilities, probabilities, st.integers(0, 10**7))),
    vip=st.booleans(),
)
def test_when_feelings_go_any_way_then_the_boost_stays_within_its_bound(
    first: tuple[float, float], moods: list[tuple[float, float, int]], vip: bool
) -> None:
    boost = Boost(vip=vip, anger_prob=first[0], frustration_score=first[1], now_ms=0)
    now_ms = 0
    for anger, frustration, after_ms in moods:
        now_ms += after_ms
        boost.felt(anger, frustration, now_ms)
        assert (VIP_MS if vip else 0) <= boost.ms <= BOOST_AT_MOST_MS


@pytest.mark.parametrize("strange", [float("nan"), float("inf"), float("-inf"), -3.0, 99.0])
def test_when_an_estimate_is_no_probability_then_the_bound_still_holds(strange: float) -> None:
    boost = Boost(vip=True, anger_prob=strange, frustration_score=strange, now_ms=0)
    boost.felt(strange, strange, 1_000)
    assert VIP_MS <= boost.ms <= BOOST_AT_MOST_MS


def test_when_somebody_is_calm_then_the_boost_is_nothing() -> None:
    boost = Boost(vip=False, anger_prob=0.2, frustration_score=0.3, now_ms=0)
    boost.felt(0.1, 0.2, 30_000)
    assert boost.ms == 0


def test_when_anger_rises_then_it_counts_more_than_the_same_anger_that_falls() -> None:
    rising = Boost(vip=False, anger_prob=0.3, frustration_score=0.0, now_ms=0)
    rising.felt(0.6, 0.0, 20_000)
    falling = Boost(vip=False, anger_prob=0.9, frustration_score=0.0, now_ms=0)
    falling.felt(0.6, 0.0, 600_000)
    level = feeling_level(0.6, 0.0) * FEELING_AT_MOST_MS
    assert rising.ms > feeling_level(0.3, 0.0) * FEELING_AT_MOST_MS
    assert falling.ms < level


def test_when_anger_stays_then_the_boost_comes_to_what_it_is_worth() -> None:
    boost = Boost(vip=False, anger_prob=0.0, frustration_score=0.0, now_ms=0)
    for second in range(0, 600, 10):
        boost.felt(0.6, 0.0, second * 1_000)
    assert boost.ms == pytest.approx(feeling_level(0.6, 0.0) * FEELING_AT_MOST_MS, rel=0.02)


def test_when_only_the_words_are_frustrated_then_it_is_worth_less_than_the_same_in_anger() -> None:
    assert 0 < feeling_level(0.0, 1.0) < feeling_level(1.0, 0.0) == 1.0
