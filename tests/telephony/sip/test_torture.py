"""The torture messages of RFC 4475 and RFC 5118, against our own file of verdicts."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from telephony.sip.checked_request import check_request
from telephony.sip.message import Flow, SipRequest, SipResponse, serialise
from telephony.sip.name_addr import parse_name_addr
from telephony.sip.parse_message import MalformedRequestError, NotSipError, parse_message
from telephony.sip.signals import CallArrived
from tests.telephony.sip.ua_bench import Bench

REPOSITORY = Path(__file__).resolve().parents[3]
MESSAGES = Path(os.environ.get("WARMLINE_SHARED", REPOSITORY.parent / "shared")) / "data" / "sip"
VERDICTS: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "torture_verdicts.toml").read_text()
)
CASES = [(rfc, name) for rfc, verdicts in VERDICTS.items() for name in verdicts]
SOURCE = Flow("192.0.2.99", 5060)

pytestmark = pytest.mark.recorded


def load(rfc: str, name: str) -> bytes:
    """Return the bytes of a message, or skip with the reason."""
    path = MESSAGES / rfc / (f"{name}.dat" if rfc == "rfc4475" else name)
    if not path.is_file():
        pytest.skip(f"the torture messages are not at {MESSAGES}; set WARMLINE_SHARED")
    return path.read_bytes()


def test_when_a_message_lies_in_the_folder_then_it_has_a_verdict() -> None:
    if not MESSAGES.is_dir():
        pytest.skip(f"the torture messages are not at {MESSAGES}; set WARMLINE_SHARED")
    found = {(path.parent.name, path.name.removesuffix(".dat")) for path in MESSAGES.glob("rfc*/*")}
    assert found == set(CASES)


@pytest.mark.parametrize(("rfc", "name"), CASES, ids=[f"{rfc}-{name}" for rfc, name in CASES])
def test_when_a_torture_message_comes_then_the_outcome_is_the_one_of_the_verdict(rfc: str, name: str) -> None:
    verdict = VERDICTS[rfc][name]
    bench = Bench()
    sent = bench.receive(load(rfc, name), SOURCE)
    arrived = [news for news in bench.news if isinstance(news, CallArrived)]
    if verdict["outcome"] == "dropped":
        assert not sent
        assert not arrived
        return
    (answer,) = sent
    assert isinstance(answer, SipResponse)
    if verdict["outcome"] == "call":
        assert answer.status == 100
        assert len(arrived) == 1
        if "called" in verdict:
            assert arrived[0].called == verdict["called"]
    else:
        assert str(answer.status) == verdict["outcome"]
        assert not arrived
    for field, text in verdict.get("header", {}).items():
        assert text in (answer.headers.get(field) or "")


@pytest.mark.parametrize(("rfc", "name"), CASES, ids=[f"{rfc}-{name}" for rfc, name in CASES])
def test_when_a_torture_message_can_be_read_then_writing_and_reading_it_again_changes_nothing(
    rfc: str, name: str
) -> None:
    try:
        message = parse_message(load(rfc, name))
    except (NotSipError, MalformedRequestError):
        return
    again = parse_message(serialise(message))
    assert again.body == message.body
    plain = [(key.lower(), value) for key, value in message.headers if key.lower() not in ("content-length", "l")]
    assert [(key.lower(), value) for key, value in again.headers if key.lower() not in ("content-length", "l")] == plain


def test_when_blanks_and_folds_are_everywhere_then_the_values_are_read() -> None:
    message = parse_message(load("rfc4475", "wsinv"))
    assert isinstance(message, SipRequest)
    checked = check_request(message)
    assert checked.cseq == 9
    assert checked.recipient.tag == "1918181833n"
    assert checked.sender.tag == "98asjd8"
    assert checked.sender.display_name == 'J Rosenberg \\"'
    assert checked.via.sent_by == "192.0.2.2:5060"
    assert len(message.headers.split("Via")) == 3
    assert len(message.body) == 150
    assert parse_name_addr(message.headers.get("Contact") or "").display_name == 'Quoted string ""'


def test_when_a_method_has_every_legal_character_then_all_fields_are_read() -> None:
    message = parse_message(load("rfc4475", "intmeth"))
    assert isinstance(message, SipRequest)
    checked = check_request(message)
    assert checked.method.startswith("!interesting-Method")
    assert checked.recipient.display_name == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert checked.via.branch == "z9hG4bK-.!%66*_+`'~"


def test_when_a_body_is_binary_then_it_is_kept_as_it_came() -> None:
    message = parse_message(load("rfc4475", "mpart01"))
    assert len(message.body) == 553
    assert b"\x30\x82\x01\x52" in message.body


def test_when_a_reason_phrase_is_utf8_or_empty_then_it_is_read() -> None:
    unusual = parse_message(load("rfc4475", "unreason"))
    assert isinstance(unusual, SipResponse)
    assert unusual.reason.startswith("= 2**3 * 5**2 но сто")
    empty = parse_message(load("rfc4475", "noreason"))
    assert isinstance(empty, SipResponse)
    assert empty.reason == ""
