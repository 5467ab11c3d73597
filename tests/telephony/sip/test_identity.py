"""Who calls: what a trusted peer may vouch for, and what anybody else may not."""

from __future__ import annotations

import pytest

from telephony.sip.checked_request import check_request
from telephony.sip.identity import CallerIdentity, read_identity
from telephony.sip.message import SipRequest
from telephony.sip.parse_message import parse_message
from telephony.sip.signals import CallArrived
from telephony.sip.wire import UserAgentSettings
from tests.telephony.sip.ua_bench import OFFER, PEER, Bench, request


def identity(*extra: str, trusted: bool = True, sender: str = "") -> CallerIdentity:
    data = request("INVITE", body=OFFER, extra=extra)
    if sender:
        data = data.replace(b'"Alice" <sip:alice@192.0.2.7>', sender.encode())
    message = parse_message(data)
    assert isinstance(message, SipRequest)
    return read_identity(check_request(message), trusted=trusted)


@pytest.mark.parametrize(
    ("extra", "number", "name"),
    [
        (('P-Asserted-Identity: "Bob" <sip:+34600@carrier.example>',), "+34600", "Bob"),
        (("P-Asserted-Identity: <tel:+34600;x=y>, <sip:b@c>",), "+34600", ""),
        (('Remote-Party-ID: "Bob" <sip:+34600@x>;party=calling;privacy=off',), "+34600", "Bob"),
        (("Remote-Party-ID: <sip:+34600@x>;party=called",), "alice", "Alice"),
        (("P-Preferred-Identity: <sip:+34600@x>",), "+34600", ""),
        (("P-Asserted-Identity: <sip:one@x>", "Remote-Party-ID: <sip:two@x>"), "one", ""),
        (("P-Asserted-Identity: <<<",), "alice", "Alice"),
        ((), "alice", "Alice"),
    ],
)
def test_when_a_trusted_peer_vouches_then_it_is_believed_and_nobody_else_is(
    extra: tuple[str, ...], number: str, name: str
) -> None:
    told = identity(*extra)
    assert (told.number, told.name, told.withheld) == (number, name, False)
    assert told.asserted is (number != "alice")
    assert identity(*extra, trusted=False) == CallerIdentity("alice", "Alice", False, False, "")


@pytest.mark.parametrize(
    "extra",
    [
        ("P-Asserted-Identity: <sip:+34600@x>", "Privacy: id"),
        ("P-Asserted-Identity: <sip:+34600@x>", "Privacy: header;critical"),
        ("P-Asserted-Identity: <sip:+34600@x>", "Privacy: none, user"),
        ("Remote-Party-ID: <sip:+34600@x>;privacy=full",),
    ],
)
def test_when_a_trusted_network_says_that_the_caller_wants_privacy_then_number_and_name_are_empty(
    extra: tuple[str, ...],
) -> None:
    told = identity(*extra)
    assert (told.number, told.name, told.withheld) == ("", "", True)


@pytest.mark.parametrize("sender", ['"Anonymous" <sip:anonymous@anonymous.invalid>', "<sip:x@Anonymous.Invalid>"])
def test_when_from_is_anonymous_then_the_caller_is_withheld_unless_somebody_trusted_vouches(sender: str) -> None:
    assert identity(sender=sender, trusted=False).withheld
    vouched = identity("P-Asserted-Identity: <sip:+34600@x>", sender=sender)
    assert (vouched.number, vouched.withheld) == ("+34600", False)


@pytest.mark.parametrize(
    ("extra", "diverted"),
    [
        (("Diversion: <sip:two@x>;reason=no-answer", "Diversion: <sip:first@x>;reason=unconditional"), "first"),
        (("History-Info: <sip:first@x>;index=1, <sip:two@x?Reason=SIP>;index=1.1, <sip:bot@x>;index=1.2",), "first"),
        (("History-Info: <sip:two@x>;index=1.10, <sip:first@x>;index=1.2",), "first"),
        (("History-Info: <sip:bot@x>;index=1",), ""),
        (("History-Info: <sip:a@x>;index=x, <sip:b@x>",), ""),
        ((), ""),
    ],
)
def test_when_a_call_was_diverted_then_a_trusted_peer_tells_who_was_called_first(
    extra: tuple[str, ...], diverted: str
) -> None:
    assert identity(*extra).diverted_from == diverted
    assert identity(*extra, trusted=False).diverted_from == ""


def test_when_a_call_arrives_then_the_trust_in_its_source_decides() -> None:
    field = "P-Asserted-Identity: <sip:+34600@x>"
    told = []
    for trusted in (True, False):
        bench = Bench()
        believed = {PEER} if trusted else set()
        bench.agent._wire.settings = UserAgentSettings(local_port=5060, is_trusted=believed.__contains__)
        bench.receive(request("INVITE", body=OFFER, extra=(field,)))
        (arrived,) = bench.take_news()
        assert isinstance(arrived, CallArrived)
        told.append(arrived.caller)
    assert told == ["+34600", "alice"]
