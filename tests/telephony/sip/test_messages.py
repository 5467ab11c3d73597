"""Reading and writing of messages and their fields."""

from __future__ import annotations

import pytest

from telephony.sip.checked_request import CheckedRequest, check_request, check_response
from telephony.sip.grammar import SipSyntaxError, parse_host_port, quote, split_outside, unquote
from telephony.sip.headers import Headers
from telephony.sip.message import Flow, SipRequest, SipResponse, serialise
from telephony.sip.name_addr import NameAddr, parse_name_addr, parse_sip_name_addr
from telephony.sip.parse_message import MalformedRequestError, NotSipError, is_keep_alive, parse_message
from telephony.sip.respond import make_response, response_flow
from telephony.sip.uri import OtherUri, SipUri, parse_uri
from telephony.sip.via import parse_via
from tests.telephony.sip.ua_bench import OFFER, request

HEAD = (
    "Via: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
)


def options(extra: str = "", body: bytes = b"") -> bytes:
    return f"OPTIONS sip:c@d SIP/2.0\r\n{HEAD}{extra}\r\n".encode() + body


def read(data: bytes) -> CheckedRequest:
    message = parse_message(data)
    assert isinstance(message, SipRequest)
    return check_request(message)


def test_when_names_are_short_folded_and_in_any_case_then_they_are_found() -> None:
    data = (
        b"\r\nOPTIONS sip:c@d SIP/2.0\nv: SIP/2.0/UDP h;branch=z9hG4bKa,\n\tSIP/2.0/TCP i\nF: <sip:a@b>\n ;tag=1\n"
        b"t:<sip:c@d>\nI : x\ncseq:\t1\n  OPTIONS\nl: 3\n\nabcdef"
    )
    checked = read(data)
    assert checked.sender.tag == "1"
    assert len(checked.headers.split("Via")) == 2
    assert checked.call_id == "x"
    assert checked.body == b"abc"


def test_when_bytes_are_not_utf8_then_they_come_out_as_they_came_in() -> None:
    data = options("Subject: caf\xe9\r\nContent-Length: 4\r\n", b"\x00\xff\r\n").replace("\xe9".encode(), b"\xe9")
    message = parse_message(data)
    assert message.body == b"\x00\xff\r\n"
    assert b"Subject: caf\xe9\r\n" in serialise(message)


def test_when_a_message_is_written_then_its_length_is_right_and_no_line_can_be_smuggled_in() -> None:
    sent = SipRequest("INFO", "sip:x@y", Headers([("Subject", "a\r\nEvil: 1"), ("Content-Length", "99")]), b"12")
    written = serialise(sent)
    assert written == b"INFO sip:x@y SIP/2.0\r\nSubject: a Evil: 1\r\nContent-Length: 2\r\n\r\n12"
    refused = make_response(read(options()).request, 486, Flow("h", 1), reason="a\r\nEvil: 1")
    assert b"Evil: 1\r\nVia" in serialise(refused)
    assert serialise(refused).startswith(b"SIP/2.0 486 a Evil: 1\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"OPTIONS sip:c@d SIP/2.0 x",
        b"OPTIONS",
        b"O(TIONS sip:c@d SIP/2.0",
        b"SIP/2.0 99 Low",
        b"SIP/2.0 700 High",
        b"SIP/2.0 abc x",
        b"SIP/3.0 200 OK",
        b"SIP/2.0 200 OK\r\nno colon\r\n\r\n",
        b"SIP/2.0 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"a" * 70_000,
    ],
)
def test_when_bytes_are_no_usable_message_then_nobody_is_answered(data: bytes) -> None:
    with pytest.raises(NotSipError):
        parse_message(data)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (options("no colon\r\n"), 400),
        (options("bad name: x\r\n"), 400),
        (options("Content-Length: 1\r\nContent-Length: 2\r\n", b"xx"), 400),
        (options("Content-Length: 5\r\n", b"xx"), 400),
        (options("Content-Length: +2\r\n", b"xx"), 400),
        (options("X: 1\r\n" * 300), 400),
        (options("From: <sip:twice@b>\r\n"), 400),
        (options("Max-Forwards: many\r\n"), 400),
        (options("Max-Forwards: 256\r\n"), 400),
        (options('Require: "open\r\n'), 400),
        (options("Record-Route: nonsense\r\n"), 400),
        (options().replace(b"1 OPTIONS", b"1"), 400),
        (options().replace(b"1 OPTIONS", b"x OPTIONS"), 400),
        (options().replace(b"Call-ID: x\r\n", b""), 400),
        (options().replace(b"h;branch", b"h;;branch"), 400),
        (options().replace(b"SIP/2.0\r\nVia", b"SIP/2.1\r\nVia"), 505),
    ],
)
def test_when_a_request_is_malformed_then_it_is_refused_with_its_status(data: bytes, status: int) -> None:
    with pytest.raises(MalformedRequestError) as error:
        read(data)
    assert error.value.status == status
    answer = make_response(error.value.request, status, Flow("192.0.2.9", 4000), to_tag="t")
    assert answer.headers.get("CSeq") is not None
    assert "tag=t" in (answer.headers.get("To") or "")


def test_when_the_version_is_unknown_then_the_answer_keeps_the_branch() -> None:
    with pytest.raises(MalformedRequestError) as error:
        read(options().replace(b"SIP/2.0", b"SIP/7.0"))
    answer = make_response(error.value.request, 505, Flow("192.0.2.9", 4000))
    assert (answer.headers.get("Via") or "").startswith("SIP/2.0/UDP h;branch=z9hG4bKa")


def test_when_the_way_back_cannot_be_read_then_there_is_no_answer() -> None:
    for broken in (b"h:99999", b"", b"[::1"):
        with pytest.raises(MalformedRequestError) as error:
            read(options().replace(b"UDP h;", b"UDP " + broken + b";"))
        with pytest.raises(SipSyntaxError):
            make_response(error.value.request, 400, Flow("192.0.2.9", 4000))


def test_when_the_same_length_stands_twice_then_it_holds() -> None:
    assert read(options("Content-Length: 2\r\nl: 2\r\n", b"xyz")).body == b"xy"


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n", b"\x00", b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"x" * 12])
def test_when_a_peer_keeps_its_binding_open_then_it_is_known_as_that(data: bytes) -> None:
    assert is_keep_alive(data)
    assert not is_keep_alive(options())


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("sip:alice@example.org", "alice", "example.org", None),
        ("SIP:example.org:5070;transport=udp", "", "example.org", 5070),
        ("sips:+34-600;phone-context=x@[2001:db8::1]:5061;lr", "+34-600", "2001:db8::1", 5061),
        ("sip:a%40b:secret@10.0.0.1", "a@b", "10.0.0.1", None),
        ("sip:user@host_with_underscore.local", "user", "host_with_underscore.local", None),
    ],
)
def test_when_a_uri_is_read_then_its_parts_are_known_and_it_is_written_as_it_was(
    text: str, user: str, host: str, port: int | None
) -> None:
    uri = parse_uri(text)
    assert isinstance(uri, SipUri)
    assert (uri.user_text.partition(";")[0], uri.host, uri.port) == (user, host, port)
    assert str(uri).lower() == text.lower()


def test_when_a_uri_is_of_another_scheme_then_it_is_kept() -> None:
    uri = parse_uri("tel:+34600;ext=1")
    assert isinstance(uri, OtherUri)
    assert (str(uri), uri.user_text) == ("tel:+34600;ext=1", "+34600")
    with pytest.raises(SipSyntaxError):
        parse_sip_name_addr("<tel:+34600>")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "sip:",
        "sip:@x",
        "sip:a b@x",
        "sip:a@",
        "sip:a@x:port",
        "sip:a@x:70000",
        "sip:a@[1::2",
        "sip:a@x;=v",
    ],
)
def test_when_a_uri_is_malformed_then_a_syntax_error(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        parse_uri(text)


@pytest.mark.parametrize(
    ("text", "name", "tag"),
    [
        ('"A \\"B\\" <C>" <sip:a@b>;tag=1', 'A "B" <C>', "1"),
        ("José (Madrid) <sip:a@b;x=y>; TAG = 2", "José (Madrid)", "2"),
        ("sip:a@b;tag=3", "", "3"),
        ("<sip:a@b>", "", None),
    ],
)
def test_when_a_party_is_read_then_name_and_tag_are_known(text: str, name: str, tag: str | None) -> None:
    party = parse_name_addr(text)
    assert (party.display_name, party.tag) == (name, tag)
    assert parse_name_addr(str(party)) == party


@pytest.mark.parametrize(
    "text", ["", "A, B <sip:a@b>", '"A <sip:a@b>', '"A" x <sip:a@b>', "<sip:a@b> x", "sip:a@b?x=y"]
)
def test_when_a_party_is_malformed_then_a_syntax_error(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        parse_name_addr(text)


def test_when_a_tag_is_added_then_the_old_one_goes() -> None:
    party = NameAddr(SipUri("sip", "a", "b"), "", (("tag", "1"), ("x", None)))
    assert str(party.with_tag("2")) == "<sip:a@b>;x;tag=2"


def test_when_a_via_is_read_then_its_source_can_be_written_in() -> None:
    via = parse_via("SIP / 2.0 / UDP  [2001:db8::9]:5070 ; branch = z9hG4bKx;rport")
    assert (via.host, via.port, via.branch, via.names_transaction) == ("2001:db8::9", 5070, "z9hG4bKx", True)
    assert "rport=99" in str(via.with_source("2001:db8::9", 99))
    plain = parse_via("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK;received=6.6.6.6")
    assert not plain.names_transaction
    assert "received" not in str(plain.with_source("10.0.0.1", 5060))
    assert "received=192.0.2.3" in str(plain.with_source("192.0.2.3", 5060))


@pytest.mark.parametrize(
    "text", ["", "SIP/2.0/UDP", "SIP/3.0/UDP h", "HTTP/2.0/UDP h", "SIP/2.0/UDP h;;", "SIP/2.0/U,P h"]
)
def test_when_a_via_is_malformed_then_a_syntax_error(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        parse_via(text)


def test_when_a_response_goes_back_then_it_follows_received_and_rport() -> None:
    asked = read(request("INVITE", body=OFFER, sent_by="10.0.0.1")).request
    answer = make_response(asked, 200, Flow("192.0.2.3", 4321))
    assert response_flow(answer) == Flow("192.0.2.3", 4321)


def test_when_a_100_is_sent_then_it_copies_the_timestamp_and_others_do_not() -> None:
    asked = read(options("Timestamp: 54\r\n")).request
    assert make_response(asked, 100, Flow("h", 1)).headers.get("Timestamp") == "54"
    assert make_response(asked, 200, Flow("h", 1)).headers.get("Timestamp") is None


def test_when_a_response_has_two_vias_then_it_is_not_for_us() -> None:
    fields = [("Via", "SIP/2.0/UDP a, SIP/2.0/UDP b"), ("To", "<sip:a@b>"), ("CSeq", "1 INVITE")]
    with pytest.raises(SipSyntaxError):
        check_response(SipResponse(200, "OK", Headers(fields)))


def test_when_lists_are_split_then_quotes_and_brackets_hold_together() -> None:
    assert split_outside('"a,\\",b" <c,d>, e', ",") == ['"a,\\",b" <c,d>', " e"]
    assert unquote(quote('a"\\b')) == 'a"\\b'
    with pytest.raises(SipSyntaxError):
        split_outside('"open', ",")


def test_when_a_field_is_replaced_then_its_place_is_kept() -> None:
    headers = Headers([("A", "1"), ("v", "2"), ("B", "3"), ("Via", "4")])
    assert list(headers.replaced("Via", ["x", "y"])) == [("A", "1"), ("Via", "x"), ("Via", "y"), ("B", "3")]
    assert headers.plus(("C", "5")).get("c".upper()) is not None
    assert headers.tokens("A") == {"1"}


@pytest.mark.parametrize(("text", "result"), [("h", ("h", None)), ("[::1]:5", ("::1", 5)), ("h : 5", ("h", 5))])
def test_when_a_host_has_a_port_then_both_are_known(text: str, result: tuple[str, int | None]) -> None:
    assert parse_host_port(text, "a test") == result
