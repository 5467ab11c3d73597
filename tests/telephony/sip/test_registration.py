"""Registering at a carrier: each row of the table, that everything else is illegal, and what goes over the wire."""

from __future__ import annotations

import itertools

import pytest

from telephony.sip.digest import account_hash
from telephony.sip.digest_client import Credentials
from telephony.sip.digest_server import DigestServer, Proven
from telephony.sip.headers import Headers
from telephony.sip.message import Flow, SipRequest, SipResponse, serialise
from telephony.sip.registration import (
    BASE_WAIT_MS,
    DENIED_WAIT_MS,
    LONGEST_WAIT_MS,
    REGISTRATION,
    RegistrationEvent,
    RegistrationState,
    back_off_ms,
    renew_in_ms,
)
from telephony.sip.registration_signals import (
    LocateRegistrar,
    RegistrarLocated,
    RegistrationChanged,
    StartRegistration,
    StopRegistrations,
)
from telephony.sip.registrations import Registration
from telephony.sip.signals import FlowLost
from telephony.sip.transaction import IllegalStepError
from telephony.sip.uri import SipUri
from telephony.sip.wire import UserAgentSettings, Wire
from tests.telephony.sip.ua_bench import LOCAL_HOST, Bench

# state --event--> state: acts (l locate, s send, n next server, t schedule, w back off, x leave, U up, D down, O over)
ROWS = """
    IDLE --START--> LOCATING: l
    IDLE --STOP--> OVER:
    LOCATING --LOCATED--> ASKING: s
    LOCATING --NOWHERE--> WAITING: Dw
    LOCATING --STOP--> OVER:
    ASKING --ACCEPTED--> REGISTERED: Ut
    ASKING --AGAIN--> ASKING: s
    ASKING --NEXT--> ASKING: ns
    ASKING --REFUSED--> WAITING: Dw
    ASKING --STOP--> LEAVING: x
    REGISTERED --DUE--> RENEWING: s
    REGISTERED --STOP--> LEAVING: x
    REGISTERED --LOST--> LOCATING: l
    RENEWING --LOST--> LOCATING: l
    RENEWING --ACCEPTED--> REGISTERED: t
    RENEWING --AGAIN--> RENEWING: s
    RENEWING --NEXT--> RENEWING: ns
    RENEWING --REFUSED--> WAITING: Dw
    RENEWING --STOP--> LEAVING: x
    WAITING --DUE--> LOCATING: l
    WAITING --STOP--> OVER:
    LEAVING --AGAIN--> LEAVING: x
    LEAVING --ACCEPTED--> OVER: O
    LEAVING --NEXT--> OVER: O
    LEAVING --REFUSED--> OVER: O
    LEAVING --STOP--> LEAVING:
"""
LETTERS = {
    **dict(zip(("LOCATE", "SEND", "NEXT_SERVER", "SCHEDULE", "BACK_OFF", "LEAVE"), "lsntwx", strict=True)),
    **dict(zip(("TELL_UP", "TELL_DOWN", "TELL_OVER"), "UDO", strict=True)),
}
NEAR, FAR = Flow("198.51.100.1", 5060), Flow("198.51.100.2", 5060)
ORDER = StartRegistration("carrier", SipUri("sip", "", "example.net"), "user1", Credentials("user1", "secret"))


def test_when_the_table_is_written_down_then_it_is_the_one_of_the_code() -> None:
    written = {line.strip() for line in ROWS.strip().splitlines()}
    coded = {
        f"{state.name} --{event.name}--> {after.name}: {''.join(LETTERS[act.name] for act in acts)}".strip()
        for (state, event), (after, acts) in REGISTRATION.items()
    }
    assert coded == written


@pytest.mark.parametrize("pair", list(itertools.product(RegistrationState, RegistrationEvent)), ids=str)
def test_when_the_table_has_no_row_then_the_step_is_illegal(pair: tuple[RegistrationState, RegistrationEvent]) -> None:
    if pair in REGISTRATION:
        return
    wire = Wire(UserAgentSettings(local_port=5060), lambda: "t")
    registration = Registration(ORDER, wire, lambda data, flow: None)
    registration.state = pair[0]
    with pytest.raises(IllegalStepError):
        registration.take(pair[1], 0)


class Carrier:
    """A bench whose user agent registers, and the answers of the far side by hand."""

    def __init__(self, order: StartRegistration = ORDER, servers: tuple[Flow, ...] = (NEAR, FAR)) -> None:
        self.bench = Bench()
        self.bench.give(order)
        assert self.bench.take_news() == [LocateRegistrar("carrier", order.registrar)]
        self.request = self.only(self.bench.give(RegistrarLocated("carrier", servers, LOCAL_HOST)))

    def only(self, sent: list[SipRequest | SipResponse]) -> SipRequest:
        (request,) = sent
        assert isinstance(request, SipRequest)
        assert request.method == "REGISTER"
        self.request = request
        return request

    def answer(self, status: int, *fields: tuple[str, str]) -> list[SipRequest | SipResponse]:
        names = ("Via", "From", "To", "Call-ID", "CSeq")
        copied = [(name, self.request.headers.get(name) or "") for name in names]
        return self.bench.receive(serialise(SipResponse(status, "x", Headers([*copied, *fields]))))

    @property
    def news(self) -> list[object]:
        return [item for item in self.bench.take_news() if isinstance(item, RegistrationChanged | LocateRegistrar)]

    @property
    def asked_s(self) -> str | None:
        return self.request.headers.get("Expires")


def test_when_the_carrier_challenges_then_the_second_register_proves_us_and_is_renewed_before_its_end() -> None:
    carrier, server = Carrier(), DigestServer("example.net", lambda: "n")
    first = carrier.request
    assert first.uri == "sip:example.net"
    assert first.headers.get("Contact") == f"<sip:user1@{LOCAL_HOST}:5060>;expires=3600"
    challenges = [("WWW-Authenticate", str(item)) for item in server.challenges(0)]
    second = carrier.only(carrier.answer(401, *challenges))
    proven = server.check(second, lambda user, kind: account_hash(kind, user, "example.net", "secret"), 1)
    assert proven == Proven("user1")
    assert second.headers.get("Call-ID") == first.headers.get("Call-ID")
    assert second.headers.get("CSeq") == "2 REGISTER"
    others = f"<sip:user1@203.0.113.9:5060>;expires=7, <sip:user1@{LOCAL_HOST}:5060>;expires=600"
    assert carrier.answer(200, ("Contact", others)) == []
    assert carrier.news == [RegistrationChanged("carrier", True)]
    assert carrier.bench.wait(559_000) == []
    renewal = carrier.only(carrier.bench.wait(1_000))
    assert "nc=00000002" in (renewal.headers.get("Authorization") or "")


def test_when_the_password_is_wrong_then_it_is_sent_once_and_the_next_try_is_minutes_away() -> None:
    carrier, server = Carrier(), DigestServer("example.net", lambda: "n")
    challenges = [("WWW-Authenticate", str(item)) for item in server.challenges(0)]
    carrier.only(carrier.answer(401, *challenges))
    assert carrier.answer(401, *challenges) == []
    assert carrier.news == [RegistrationChanged("carrier", False, 401)]
    carrier.bench.wait(DENIED_WAIT_MS - 1)
    assert carrier.news == []
    carrier.bench.wait(1)
    assert carrier.news == [LocateRegistrar("carrier", ORDER.registrar)]


def test_when_the_binding_would_be_too_brief_then_the_least_is_asked_for_once() -> None:
    carrier = Carrier()
    carrier.only(carrier.answer(423, ("Min-Expires", "7200")))
    assert carrier.asked_s == "7200"
    assert carrier.answer(423, ("Min-Expires", "7200")) == []
    assert carrier.news == [RegistrationChanged("carrier", False, 423)]


def test_when_a_server_is_out_of_order_then_the_next_one_is_asked_and_after_the_last_a_pause_follows() -> None:
    carrier = Carrier()
    carrier.only(carrier.answer(503))
    assert carrier.bench.flows[-1] == FAR
    assert carrier.answer(503, ("Retry-After", "120")) == []
    assert carrier.news == [RegistrationChanged("carrier", False, 503)]
    carrier.bench.wait(119_999)
    assert carrier.news == []
    carrier.bench.wait(1)
    assert carrier.news == [LocateRegistrar("carrier", ORDER.registrar)]


def test_when_a_server_is_mute_then_the_next_one_is_asked_after_timer_f() -> None:
    carrier = Carrier()
    carrier.bench.wait(32_000)
    assert carrier.bench.flows[-1] == FAR


def test_when_there_is_no_server_then_it_is_told_and_looked_up_again_later() -> None:
    bench = Bench()
    bench.give(ORDER)
    bench.take_news()
    bench.give(RegistrarLocated("carrier", ()))
    assert bench.take_news() == [RegistrationChanged("carrier", False, 0)]
    bench.wait(BASE_WAIT_MS)
    assert bench.take_news() == [LocateRegistrar("carrier", ORDER.registrar)]


def test_when_we_stop_then_the_binding_is_removed_with_the_nonce_that_served() -> None:
    carrier = Carrier()
    carrier.answer(200)
    assert not carrier.bench.agent.registrations.are_over
    leave = carrier.only(carrier.bench.give(StopRegistrations()))
    assert leave.headers.get("Expires") == "0"
    assert (leave.headers.get("Contact") or "").endswith(";expires=0")
    carrier.answer(200)
    assert carrier.bench.agent.registrations.are_over


def test_when_the_stream_of_the_binding_breaks_then_the_registrar_is_looked_up_and_asked_anew() -> None:
    stream = Flow("198.51.100.1", 5060, "tcp", 7)
    carrier = Carrier(servers=(stream,))
    carrier.answer(200)
    assert carrier.bench.agent.connections_in_use == {7}
    assert RegistrationChanged("carrier", True) in carrier.news
    carrier.bench.give(FlowLost(Flow("198.51.100.9", 5060, "tcp", 8)))
    assert carrier.news == []
    carrier.bench.give(FlowLost(stream))
    assert carrier.news == [LocateRegistrar("carrier", ORDER.registrar)]
    carrier.only(carrier.bench.give(RegistrarLocated("carrier", (stream,), LOCAL_HOST)))


def test_when_an_old_response_comes_late_then_it_changes_nothing() -> None:
    carrier = Carrier()
    old = carrier.request
    carrier.only(carrier.answer(423, ("Min-Expires", "7200")))
    carrier.request = old
    assert carrier.answer(200) == []
    assert carrier.news == []


def test_when_a_translator_stands_between_then_its_door_is_kept_open_while_the_binding_stands() -> None:
    order = StartRegistration("carrier", ORDER.registrar, "user1", ORDER.credentials, keep_alive_ms=25_000)
    bench = Bench()
    bench.give(order)
    sent: list[bytes] = []
    bench.agent.registrations._by_name["carrier"]._send_raw = lambda data, flow: sent.append(data)
    carrier = Carrier.__new__(Carrier)
    carrier.bench = bench
    carrier.only(bench.give(RegistrarLocated("carrier", (NEAR,), LOCAL_HOST)))
    bench.wait(30_000)
    assert sent == []
    carrier.request = [item for item in bench.sent if isinstance(item, SipRequest)][-1]
    carrier.answer(200)
    bench.wait(76_000)
    assert sent == [b"\r\n\r\n"] * 3


def test_when_failures_follow_each_other_then_the_pauses_grow_up_to_half_an_hour() -> None:
    assert [back_off_ms(n, 1.0, denied=False) for n in (1, 2, 3)] == [BASE_WAIT_MS, 2 * BASE_WAIT_MS, 4 * BASE_WAIT_MS]
    assert back_off_ms(50, 1.0, denied=False) == LONGEST_WAIT_MS
    assert back_off_ms(1, 0.0, denied=False) == BASE_WAIT_MS // 2
    assert back_off_ms(1, 0.0, denied=False, retry_after_ms=99_000) == 99_000


@pytest.mark.parametrize(("expires_s", "expected"), [(3600, 3_560_000), (60, 30_000), (1, 500)])
def test_when_a_binding_is_short_then_it_is_renewed_at_half_its_life(expires_s: int, expected: int) -> None:
    assert renew_in_ms(expires_s) == expected
