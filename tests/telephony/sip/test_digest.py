"""Digest: the vectors of the RFCs, what both sides say to each other, replays and old nonces."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from telephony.sip.digest import (
    Algorithm,
    Challenge,
    DigestAnswer,
    account_hash,
    digest_response,
    parse_answers,
    parse_challenges,
)
from telephony.sip.digest_client import MAX_CHALLENGES, Credentials, Wallet
from telephony.sip.digest_server import DigestServer, NotProven, Proven
from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse

SECRET = "Circle of Life"
RFC7616 = DigestAnswer(
    username="Mufasa",
    realm="http-auth@example.org",
    nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    uri="/dir/index.html",
    response="",
    qop="auth",
    cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    nc=1,
)


ALGORITHMS: tuple[Algorithm, ...] = ("SHA-256", "MD5")


def _new_token() -> Callable[[], str]:
    serial = itertools.count(1)
    return lambda: f"tok{next(serial)}"


def _server(nonce_ms: int = 300_000) -> DigestServer:
    return DigestServer("warm line", _new_token(), nonce_ms=nonce_ms)


def _wallet(user: str = "alice", password: str = SECRET, realm: str = "") -> Wallet:
    return Wallet(Credentials(user, password, realm), _new_token())


REGISTER = SipRequest("REGISTER", "sip:example.org", Headers([("CSeq", "1 REGISTER")]))


def _refusal(server: DigestServer, now_ms: int, *, stale: bool = False, status: int = 401) -> SipResponse:
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return SipResponse(status, "", Headers([(name, str(item)) for item in server.challenges(now_ms, stale=stale)]))


def _find(user: str, algorithm: Algorithm) -> str | None:
    return account_hash(algorithm, user, "warm line", SECRET) if user == "alice" else None


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_when_the_example_of_rfc_7616_is_computed_then_its_response_comes_out(
    algorithm: Algorithm, expected: str
) -> None:
    answer = replace(RFC7616, algorithm=algorithm)
    ha1 = account_hash(answer.algorithm, "Mufasa", "http-auth@example.org", SECRET)
    assert digest_response(answer, ha1, "GET") == expected


def test_when_the_example_of_rfc_2617_is_computed_then_its_response_comes_out() -> None:
    answer = DigestAnswer(
        username="Mufasa",
        realm="testrealm@host.com",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        uri="/dir/index.html",
        response="",
        qop="auth",
        cnonce="0a4f113b",
        nc=1,
    )
    ha1 = account_hash("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")
    assert ha1 == "939e7578ed9e3c518a452acee763bce9"
    assert digest_response(answer, ha1, "GET") == "6629fae49393a05397450978507c4ef1"
    assert digest_response(replace(answer, qop=None), ha1, "GET") == "670fd8c2df070c60b045671b8b24ff02"


def test_when_the_session_variants_are_used_then_the_hash_depends_on_both_nonces() -> None:
    found = set()
    for cnonce in ("a", "b"):
        answer = replace(RFC7616, algorithm="SHA-256-sess", cnonce=cnonce, qop=None)
        found.add(digest_response(answer, "00", "GET"))
    assert len(found) == 2


def test_when_a_field_is_written_and_read_again_then_quotes_and_backslashes_survive() -> None:
    challenge = Challenge('a "quoted" \\ realm, with comma', "n=1", "SHA-256", ("auth",), "op", stale=True)
    assert parse_challenges([str(challenge)]) == [challenge]
    answer = replace(RFC7616, username='al"ice\\', response="ab", algorithm="SHA-256", opaque="x, y")
    assert parse_answers([str(answer)]) == [answer]


def test_when_challenges_share_a_field_then_each_is_found_and_those_that_we_cannot_answer_are_left_out() -> None:
    value = (
        'Basic realm="x", Digest realm="a", nonce="1", algorithm=SHA-512-256, qop="auth",'
        ' Digest realm="a", nonce="2", algorithm=sha-256, qop="auth-int,auth", Digest realm="b", nonce="3"'
    )
    found = parse_challenges([value])
    assert [(item.nonce, item.algorithm, item.qop) for item in found] == [
        ("2", "SHA-256", ("auth", "auth-int")),
        ("3", "MD5", ()),
    ]


@pytest.mark.parametrize(
    "value",
    [
        *("", "Digest", 'Digest realm="open', "Digest realm=x", 'Digest realm="x", nonce=""', "x y z"),
        *('Digest nonce="1"', 'Digest realm="x", nonce="1", qop="auth-conf"'),
    ],
)
def test_when_a_challenge_is_malformed_then_it_is_left_out(value: str) -> None:
    assert parse_challenges([value]) == []


@pytest.mark.parametrize(
    "change",
    [
        *(("nc=00000001", "nc=1"), ("nc=00000001", "nc=zzzzzzzz"), ("qop=auth", "qop=x")),
        *(("uri=", "u="), ("algorithm=MD5", "algorithm=ROT13")),
    ],
)
def test_when_an_answer_is_malformed_then_it_is_left_out(change: tuple[str, str]) -> None:
    text = str(replace(RFC7616, response="ab"))
    assert change[0] in text
    assert parse_answers([text.replace(*change)]) == []


def test_when_the_right_password_answers_then_the_user_is_proven_with_the_best_algorithm() -> None:
    server, wallet = _server(), _wallet()
    assert wallet.take_challenge(_refusal(server, 0))
    request = wallet.authorise(REGISTER)
    assert "algorithm=SHA-256" in (request.headers.get("Authorization") or "")
    assert server.check(request, _find, 10) == Proven("alice")


def test_when_the_same_answer_comes_twice_then_it_is_stale_and_the_next_count_is_good() -> None:
    server, wallet = _server(), _wallet()
    wallet.take_challenge(_refusal(server, 0))
    request = wallet.authorise(REGISTER)
    assert server.check(request, _find, 10) == Proven("alice")
    assert server.check(request, _find, 11) == NotProven(stale=True)
    assert server.check(wallet.authorise(REGISTER), _find, 12) == Proven("alice")


def test_when_a_nonce_is_too_old_or_of_another_server_then_the_answer_is_stale_and_forgotten() -> None:
    server, wallet = _server(nonce_ms=1_000), _wallet()
    wallet.take_challenge(_refusal(server, 0))
    assert server.check(wallet.authorise(REGISTER), _find, 999) == Proven("alice")
    assert server.check(wallet.authorise(REGISTER), _find, 1_000) == NotProven(stale=True)
    assert server.remembered == 0
    other = DigestServer("warm line", lambda: "another")
    assert other.check(wallet.authorise(REGISTER), _find, 10) == NotProven(stale=True)


def test_when_an_answer_uses_a_nonce_of_the_guessers_own_then_right_and_wrong_passwords_hear_the_same() -> None:
    server, forger = _server(), DigestServer("warm line", lambda: "forged")
    for password in (SECRET, "wrong"):
        wallet = _wallet(password=password)
        wallet.take_challenge(_refusal(forger, 0))
        assert server.check(wallet.authorise(REGISTER), _find, 10) == NotProven(stale=True)


def test_when_a_challenge_is_made_then_it_has_an_opaque_and_no_two_nonces_are_the_same() -> None:
    server = _server()
    first, second = server.challenges(0), server.challenges(0)
    assert {item.opaque for item in (*first, *second)} == {first[0].opaque}
    assert first[0].opaque
    assert first[0].nonce != second[0].nonce
    assert [(item.algorithm, item.qop) for item in first] == [("SHA-256", ("auth",)), ("MD5", ("auth",))]


def test_when_many_nonces_served_then_those_that_are_too_old_are_forgotten() -> None:
    server = _server(nonce_ms=1_000)
    for now_ms in range(0, 10_000, 100):
        wallet = _wallet()
        wallet.take_challenge(_refusal(server, now_ms))
        assert server.check(wallet.authorise(REGISTER), _find, now_ms) == Proven("alice")
        assert server.remembered <= 10


@pytest.mark.parametrize(("user", "password"), [("alice", "wrong"), ("bob", SECRET)])
def test_when_user_or_password_is_wrong_then_nothing_says_which(user: str, password: str) -> None:
    server, wallet = _server(), _wallet(user, password)
    wallet.take_challenge(_refusal(server, 0))
    assert server.check(wallet.authorise(REGISTER), _find, 10) == NotProven(tried=True)
    assert server.remembered == 0


def test_when_an_answer_is_for_another_request_then_it_proves_nothing() -> None:
    server, wallet = _server(), _wallet()
    wallet.take_challenge(_refusal(server, 0))
    request = wallet.authorise(REGISTER)
    assert server.check(replace(request, uri="sip:elsewhere"), _find, 10) == NotProven(tried=True)
    assert server.check(replace(request, method="INVITE"), _find, 10) == NotProven(tried=True)
    assert server.check(REGISTER, _find, 10) == NotProven()


def test_when_a_password_is_refused_then_it_is_not_sent_a_third_time_unless_the_nonce_was_stale() -> None:
    server, wallet = _server(), _wallet()
    assert wallet.take_challenge(_refusal(server, 0))
    wallet.authorise(REGISTER)
    assert not wallet.take_challenge(_refusal(server, 1))
    assert wallet.take_challenge(_refusal(server, 2, stale=True))


def test_when_a_nonce_served_before_then_a_new_challenge_is_answered() -> None:
    server, wallet = _server(), _wallet()
    wallet.take_challenge(_refusal(server, 0))
    wallet.authorise(REGISTER)
    wallet.accepted()
    assert wallet.take_challenge(_refusal(server, 1))
    wallet.authorise(REGISTER)
    assert not wallet.take_challenge(_refusal(server, 2))


def test_when_a_server_is_stale_for_ever_then_the_trying_ends() -> None:
    server, wallet = _server(), _wallet()
    tries = [wallet.take_challenge(_refusal(server, n, stale=True)) for n in range(MAX_CHALLENGES + 1)]
    assert tries == [True] * MAX_CHALLENGES + [False]


def test_when_a_proxy_and_a_server_ask_then_both_are_answered_in_their_fields() -> None:
    near, far = DigestServer("near", lambda: "n"), DigestServer("far", lambda: "f")
    wallet = _wallet()
    assert wallet.take_challenge(_refusal(near, 0, status=407))
    wallet.authorise(REGISTER)
    assert wallet.take_challenge(_refusal(far, 0))
    request = wallet.authorise(REGISTER)
    for server, name in ((near, "Proxy-Authorization"), (far, "Authorization")):
        hashes = {kind: account_hash(kind, "alice", server.realm, SECRET) for kind in ALGORITHMS}
        assert server.check(request, lambda user, kind, of=hashes: of[kind], 5, name) == Proven("alice")  # type: ignore[misc]


def test_when_another_realm_than_ours_asks_then_it_gets_no_answer() -> None:
    assert not _wallet(realm="carrier").take_challenge(_refusal(_server(), 0))


def test_when_ack_or_cancel_is_sent_then_it_carries_no_answer_made_for_it() -> None:
    wallet = _wallet()
    wallet.take_challenge(_refusal(_server(), 0))
    for method in ("ACK", "CANCEL"):
        assert wallet.authorise(replace(REGISTER, method=method)).headers.get("Authorization") is None


def test_when_credentials_are_shown_then_the_password_is_not() -> None:
    wallet = _wallet()
    wallet.take_challenge(_refusal(_server(), 0))
    answer = parse_answers(wallet.authorise(REGISTER).headers.all("Authorization"))[0]
    assert SECRET not in repr(Credentials("alice", SECRET))
    assert answer.response not in repr(answer)
