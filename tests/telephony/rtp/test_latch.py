from __future__ import annotations

from telephony.rtp.latch import Latch

ANNOUNCED = ("192.168.1.9", 4000)
REAL = ("203.0.113.5", 61_000)
ATTACKER = ("198.51.100.66", 5)


def latch() -> Latch:
    made = Latch(silent_ms=1000)
    made.announce(ANNOUNCED)
    return made


def test_when_nothing_came_yet_then_the_announced_address_is_the_target() -> None:
    assert latch().target == ANNOUNCED


def test_when_packets_come_from_behind_nat_then_the_second_moves_the_target() -> None:
    under_test = latch()
    assert not under_test.accept(REAL, 0)
    assert under_test.target == ANNOUNCED
    assert under_test.accept(REAL, 20)
    assert under_test.target == REAL


def test_when_the_announced_address_sends_then_it_is_believed_at_once() -> None:
    under_test = latch()
    assert under_test.accept(ANNOUNCED, 0)
    assert under_test.source == ANNOUNCED


def test_when_the_source_is_alive_then_a_stranger_is_refused_for_ever() -> None:
    under_test = latch()
    under_test.accept(ANNOUNCED, 0)
    for at_ms in range(0, 5000, 20):
        assert under_test.accept(ANNOUNCED, at_ms)
        assert not under_test.accept(ATTACKER, at_ms + 1)
        assert not under_test.accept(ATTACKER, at_ms + 2)
    assert under_test.target == ANNOUNCED
    assert under_test.refused == 500


def test_when_the_source_falls_silent_then_a_new_address_takes_over() -> None:
    under_test = latch()
    under_test.accept(ANNOUNCED, 0)
    assert not under_test.accept(REAL, 999)
    assert not under_test.accept(REAL, 1000)
    assert under_test.accept(REAL, 1020)
    assert under_test.target == REAL


def test_when_an_attacker_was_first_then_the_announced_peer_takes_its_place() -> None:
    under_test = latch()
    under_test.accept(ATTACKER, 0)
    under_test.accept(ATTACKER, 20)
    assert not under_test.accept(ANNOUNCED, 30)
    assert under_test.accept(ANNOUNCED, 50)
    assert under_test.target == ANNOUNCED


def test_when_two_strangers_alternate_then_neither_is_believed() -> None:
    under_test = latch()
    for n in range(20):
        assert not under_test.accept(REAL if n % 2 else ATTACKER, n)


def test_when_signalling_announces_a_new_address_then_the_old_source_is_forgotten() -> None:
    under_test = latch()
    under_test.accept(ANNOUNCED, 0)
    under_test.announce(("203.0.113.7", 8000))
    assert under_test.target == ("203.0.113.7", 8000)
    assert under_test.accept(("203.0.113.7", 8000), 10)


def test_when_signalling_repeats_the_address_then_the_source_stays() -> None:
    under_test = latch()
    under_test.accept(REAL, 0)
    under_test.accept(REAL, 20)
    under_test.announce(ANNOUNCED)
    assert under_test.target == REAL
