"""Handshakes between two ends of ours over a wire that loses, repeats and spoils; time and network are arguments."""

from __future__ import annotations

import contextlib
import gc
import heapq
import itertools
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from telephony.rtp.dtls import (
    DTLS,
    DtlsAssociation,
    DtlsEvent,
    DtlsFailed,
    DtlsInput,
    DtlsReceived,
    DtlsSend,
    DtlsState,
    IllegalDtlsStepError,
    in_datagrams,
    is_dtls,
)
from telephony.rtp.dtls_identity import MTU_BYTES, DtlsIdentity
from telephony.rtp.dtls_terms import HASHES, DtlsRole, DtlsTerms, Fingerprint, fingerprint_of
from telephony.rtp.srtp import SrtpContext, SrtpKeys

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OURS, THEIRS = DtlsIdentity(NOW), DtlsIdentity(NOW)
ONE_WAY_MS = 20

ROWS = """
    NEW --BEGIN--> SHAKING
    NEW --BYE--> CLOSED
    SHAKING --REPEAT--> SHAKING
    SHAKING --ANEW--> SHAKING
    SHAKING --AGREED--> SECURE
    SHAKING --REFUSED--> FAILED
    SHAKING --BYE--> CLOSED
    SECURE --REPEATED_TO_US--> SECURE
    SECURE --CLOSED--> CLOSED
    SECURE --BYE--> CLOSED
    FAILED --BYE--> CLOSED
    CLOSED --BYE--> CLOSED
"""

Loses = Callable[[int], bool]


def end(role: DtlsRole, own: DtlsIdentity, *expected: Fingerprint) -> DtlsAssociation:
    return DtlsAssociation(own, DtlsTerms(role=role, fingerprints=expected))


class Wire:
    """Two ends with 20 ms between them. A datagram is lost where `loses` says so of its number on its way."""

    def __init__(
        self, client: DtlsAssociation, server: DtlsAssociation, loses: tuple[Loses, Loses] = (lambda n: False,) * 2
    ) -> None:
        self.ends = [client, server]
        self.now_ms = 0
        self.sent: list[list[bytes]] = [[], []]
        """By who sent it, lost ones too."""
        self.keys: list[SrtpKeys | None] = [None, None]
        self.failed: list[str] = ["", ""]
        self._loses = loses
        self._under_way: list[tuple[int, int, int, bytes]] = []
        self._serial = itertools.count()

    def give(self, which: int, event: DtlsInput) -> None:
        for output in self.ends[which].step(event, self.now_ms):
            if isinstance(output, DtlsSend):
                number = len(self.sent[which])
                self.sent[which].append(output.data)
                if not self._loses[which](number):
                    item = (self.now_ms + ONE_WAY_MS, next(self._serial), 1 - which, output.data)
                    heapq.heappush(self._under_way, item)
            elif isinstance(output, DtlsFailed):
                self.failed[which] = output.why
            else:
                self.keys[which] = output

    def begin(self) -> Wire:
        for which in (1, 0):
            self.give(which, "begin")
        return self

    def run(self, until_ms: int) -> Wire:
        while True:
            due = [(at, which) for which in (0, 1) if (at := self.ends[which].next_deadline_ms()) is not None]
            arrives_ms = self._under_way[0][0] if self._under_way else None
            next_ms = min([at for at, _ in due] + ([arrives_ms] if arrives_ms is not None else []), default=None)
            if next_ms is None or next_ms > until_ms:
                self.now_ms = until_ms
                return self
            self.now_ms = max(self.now_ms, next_ms)
            if arrives_ms == next_ms:
                _, _, which, data = heapq.heappop(self._under_way)
                self.give(which, DtlsReceived(data))
            for at, which in due:
                if at == next_ms:
                    self.give(which, "time passed")

    @property
    def states(self) -> list[DtlsState]:
        return [item.state for item in self.ends]


def wire(*loses: Loses) -> Wire:
    ends = end("active", OURS, THEIRS.fingerprint), end("passive", THEIRS, OURS.fingerprint)
    return Wire(*ends, (loses[0], loses[1])) if loses else Wire(*ends)


def every_other(first: int) -> Loses:
    return lambda n: n % 2 == first


def prove_agreed(both: Wire) -> None:
    """What one side seals the other opens, and the other way round."""
    assert both.states == [DtlsState.SECURE, DtlsState.SECURE]
    ours, theirs = both.keys
    assert ours is not None
    assert theirs is not None
    assert (ours.own, ours.peer) == (theirs.peer, theirs.own)
    assert ours.own != ours.peer
    packet = bytes.fromhex("800000010000000100000001") + bytes(160)
    assert SrtpContext(theirs).unprotect(SrtpContext(ours).protect(packet)) == packet


def test_when_the_table_is_read_then_it_is_row_for_row_the_one_written_here() -> None:
    expected = {}
    for line in filter(None, map(str.strip, ROWS.splitlines())):
        start, event, after = (word.strip() for word in line.replace("-->", "--").split("--"))
        expected[DtlsState[start], DtlsEvent[event]] = DtlsState[after]
    assert expected == DTLS


def test_when_a_step_is_not_in_the_table_then_it_is_illegal_and_changes_nothing() -> None:
    for state, event in itertools.product(DtlsState, DtlsEvent):
        if (state, event) not in DTLS:
            association = end("active", OURS)
            association.state = state
            with pytest.raises(IllegalDtlsStepError):
                association._take(event)
            assert association.state is state


def test_when_nothing_is_lost_then_both_have_the_strongest_keys_after_two_round_trips_and_fall_silent() -> None:
    both = wire().begin().run(4 * ONE_WAY_MS)
    prove_agreed(both)
    assert both.keys[0] is not None
    assert both.keys[0].profile == "AEAD_AES_256_GCM"
    sent = [len(items) for items in both.sent]
    both.run(60_000)
    assert [len(items) for items in both.sent] == sent
    assert all(len(data) <= MTU_BYTES and is_dtls(data) for items in both.sent for data in items)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("lost", [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 1, 2}, {0, 2, 4, 6}])
def test_when_datagrams_are_lost_then_they_come_again_soon_and_the_keys_are_agreed(side: int, lost: set[int]) -> None:
    losing: Loses = lost.__contains__
    loses = (losing, lambda n: False) if side == 0 else (lambda n: False, losing)
    both = wire(*loses).begin().run(1_000)
    prove_agreed(both)


def test_when_half_of_everything_is_lost_both_ways_then_the_keys_are_agreed_all_the_same() -> None:
    for first, second in itertools.product((0, 1), repeat=2):
        both = wire(every_other(first), every_other(second)).begin().run(5_000)
        prove_agreed(both)


def test_when_the_servers_last_words_are_lost_then_it_says_them_again_when_the_client_repeats() -> None:
    plain = wire().begin().run(1_000)
    last = len(plain.sent[1]) - 1
    both = wire(lambda n: False, lambda n: n == last).begin().run(4 * ONE_WAY_MS)
    assert both.states == [DtlsState.SHAKING, DtlsState.SECURE]
    both.run(300)
    prove_agreed(both)


def test_when_nobody_answers_then_the_hello_is_repeated_ever_slower_and_once_a_second_in_the_end() -> None:
    both = wire(lambda n: True, lambda n: True).begin()
    at_ms: list[int] = []
    while len(at_ms) < 8:
        due_ms = both.ends[0].next_deadline_ms()
        assert due_ms is not None
        at_ms.append(due_ms)
        both.run(due_ms)
    assert at_ms == [100, 300, 700, 1_500, 2_500, 3_500, 4_500, 5_500]
    assert len(both.sent[0]) == 9
    assert both.ends[1].next_deadline_ms() is None, "who waits for a hello sends nothing"


@pytest.mark.parametrize("liar", [0, 1])
def test_when_the_certificate_is_not_the_one_of_the_fingerprint_then_there_are_no_keys_on_either_side(
    liar: int,
) -> None:
    expected = [THEIRS.fingerprint, OURS.fingerprint]
    expected[1 - liar] = fingerprint_of(b"another certificate")
    ends = end("active", OURS, expected[0]), end("passive", THEIRS, expected[1])
    both = Wire(*ends).begin().run(2_000)
    assert both.keys == [None, None] if liar == 1 else both.keys[1] is None
    assert both.failed[1 - liar] == "wrong certificate"
    assert both.states[1 - liar] is DtlsState.FAILED
    assert both.states[liar] is not DtlsState.SECURE


def test_when_there_are_several_fingerprints_then_one_that_fits_is_enough() -> None:
    wrong = fingerprint_of(b"another certificate")
    ends = end("active", OURS, wrong, THEIRS.fingerprint), end("passive", THEIRS, OURS.fingerprint, wrong)
    prove_agreed(Wire(*ends).begin().run(1_000))


@pytest.mark.parametrize("algorithm", HASHES)
def test_when_a_fingerprint_is_of_any_hash_that_we_know_then_it_fits_its_certificate_alone(algorithm: str) -> None:
    print_ = fingerprint_of(b"certificate", algorithm)
    assert print_.fits(b"certificate")
    assert not print_.fits(b"certificates")


def test_when_the_peer_begins_again_in_the_middle_then_its_new_hello_is_answered() -> None:
    both = wire(lambda n: False, lambda n: True).begin().run(50)
    assert both.states[1] is DtlsState.SHAKING
    again = Wire(end("active", OURS, THEIRS.fingerprint), both.ends[1])
    again.give(0, "begin")
    prove_agreed(again.run(1_000))


def test_when_openssl_gives_up_then_we_begin_anew_with_a_hello_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    both = wire(lambda n: True, lambda n: False).begin()

    def give_up(connection: SSL.Connection) -> bool:
        raise SSL.Error

    with monkeypatch.context() as patched:
        patched.setattr(SSL.Connection, "DTLSv1_handle_timeout", give_up)
        both.run(100)
    assert len(both.sent[0]) == 2
    assert both.sent[0][0] != both.sent[0][1], "another random"
    both._loses = (lambda n: False,) * 2
    prove_agreed(both.run(2_000))


@pytest.mark.realtime
def test_when_openssl_itself_is_the_server_and_its_last_words_are_lost_then_we_repeat_with_new_numbers() -> None:
    """Another stack drops repetitions that have old numbers, and says its last words again only for new ones."""
    foreign = THEIRS.connection(lambda certificate: True, is_client=False)
    ours = end("active", OURS, THEIRS.fingerprint)
    began_s = time.monotonic()

    def now_ms() -> int:
        return round(1_000 * (time.monotonic() - began_s))

    outputs = ours.step("begin", now_ms())
    flights = repeats = 0
    while ours.state is DtlsState.SHAKING and now_ms() < 5_000:
        answers: list[bytes] = []
        for output in outputs:
            assert isinstance(output, DtlsSend)
            foreign.bio_write(output.data)
            with contextlib.suppress(SSL.Error):
                foreign.do_handshake()
                foreign.recv(1)
            with contextlib.suppress(SSL.WantReadError):
                answers.append(foreign.bio_read(1 << 16))
        is_last = bool(answers) and flights == 1
        flights += bool(answers)
        if is_last:
            answers = []
        outputs = [item for data in answers for part in in_datagrams(data) for item in ours.step(DtlsReceived(part), 0)]
        while not outputs and ours.state is DtlsState.SHAKING and now_ms() < 5_000:
            time.sleep(0.02)
            outputs = ours.step("time passed", now_ms())
            repeats += bool(outputs)
    assert ours.state is DtlsState.SECURE
    assert repeats >= 3, "the first ones have old numbers"
    assert 1_000 <= now_ms() < 4_000


@pytest.mark.parametrize("who", [0, 1])
def test_when_an_association_is_over_then_nothing_holds_it_any_more(who: int) -> None:
    both = wire().begin().run(1_000)
    both.give(who, "bye")
    gone = weakref.ref(both.ends[who])
    gc.disable()
    try:
        both.ends[who] = both.ends[1 - who]
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("who", [0, 1])
def test_when_one_side_says_goodbye_then_the_other_knows_and_repeats_nothing(who: int) -> None:
    both = wire().begin().run(1_000)
    both.give(who, "bye")
    both.run(2_000)
    assert both.states == [DtlsState.CLOSED, DtlsState.CLOSED]
    for which in (0, 1):
        both.give(which, DtlsReceived(both.sent[1 - which][0]))
        both.give(which, "bye")
    assert both.states == [DtlsState.CLOSED, DtlsState.CLOSED]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 400), st.binary(min_size=1, max_size=40)), max_size=6))
def test_when_datagrams_are_spoilt_on_the_way_then_nothing_is_raised_and_no_wrong_keys_come_of_it(
    spoilt: list[tuple[int, int, bytes]],
) -> None:
    both = wire().begin()
    for _ in range(10):
        both.run(both.now_ms + ONE_WAY_MS)
        for number, at, junk in spoilt:
            for which in (0, 1):
                if number < len(both.sent[1 - which]):
                    data = both.sent[1 - which][number]
                    both.give(which, DtlsReceived(data[:at] + junk + data[at + len(junk) :]))
    if both.states == [DtlsState.SECURE, DtlsState.SECURE]:
        prove_agreed(both)


def test_when_many_handshakes_are_done_then_each_takes_little_of_the_media_loop() -> None:
    """Measured: 0.3 ms a step of either side, 0.6 ms a call; the bound leaves room for a slow machine."""
    began_s = time.process_time()
    for _ in range(20):
        prove_agreed(wire().begin().run(1_000))
    assert (time.process_time() - began_s) / 20 < 0.02, "of both sides, five steps"


def test_when_a_datagram_comes_then_its_first_byte_says_whether_it_is_dtls() -> None:
    assert [first for first in range(256) if is_dtls(bytes([first]) + bytes(12))] == list(range(20, 64))
    assert not is_dtls(b"")


def test_when_records_are_put_into_datagrams_then_none_is_split_and_none_is_too_long() -> None:
    def record(size: int) -> bytes:
        return bytes(11) + size.to_bytes(2) + bytes(size)

    row = record(700) + record(400) + record(500) + record(1_187) + record(10)
    assert [len(data) for data in in_datagrams(row)] == [713 + 413, 513, 1_200, 23]
    assert b"".join(in_datagrams(row)) == row
    assert in_datagrams(b"") == []
