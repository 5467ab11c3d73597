from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.webhook.signature import WINDOW_S, Verdict, sign, signature_headers, verify

SECRET, NEXT = "old-secret-0123456789abcdef", "new-secret-0123456789abcdef"
NOW_S = 1_764_495_000


def test_when_a_body_is_signed_then_the_signature_is_the_documented_one() -> None:
    # printf '1764495000.{"a":1}' | openssl dgst -sha256 -hmac old-secret-0123456789abcdef
    assert sign(b'{"a":1}', NOW_S, SECRET) == "6c9ad4e0acf1a8b9230575ecdb14b6742b9dcbc4a886cd7277e8c8a734b09f3a"


@pytest.mark.parametrize(
    ("timestamp", "signature", "verdict"),
    [
        ("", "v1=00", "unsigned"),
        (str(NOW_S), "", "unsigned"),
        ("soon", "v1=00", "wrong"),
        (str(NOW_S), "v1=" + "0" * 64, "wrong"),
        (str(NOW_S), sign(b"{}", NOW_S, SECRET), "wrong"),  # without v1=
        (str(NOW_S + 1), "v1=" + sign(b"{}", NOW_S, SECRET), "wrong"),
        (str(NOW_S), "v1=" + sign(b"{}", NOW_S, SECRET), "good"),
        (str(NOW_S - WINDOW_S), "v1=" + sign(b"{}", NOW_S - WINDOW_S, SECRET), "good"),
        (str(NOW_S - WINDOW_S - 1), "v1=" + sign(b"{}", NOW_S - WINDOW_S - 1, SECRET), "too_old"),
        (str(NOW_S + WINDOW_S + 1), "v1=" + sign(b"{}", NOW_S + WINDOW_S + 1, SECRET), "too_early"),
        (str(NOW_S), ", ".join(["v1=" + "0" * 64] * 5 + ["v1=" + sign(b"{}", NOW_S, SECRET)]), "wrong"),
    ],
)
def test_when_a_request_comes_then_it_is_good_only_if_signed_lately(
    timestamp: str, signature: str, verdict: Verdict
) -> None:
    assert verify(b"{}", timestamp, signature, (SECRET,), NOW_S) == verdict


@pytest.mark.parametrize(
    ("signs_with", "knows", "verdict"),
    [
        ((SECRET,), (SECRET, NEXT), "good"),
        ((NEXT,), (SECRET, NEXT), "good"),
        ((SECRET, NEXT), (NEXT,), "good"),
        ((SECRET,), (NEXT,), "wrong"),
        ((SECRET,), (), "wrong"),
        ((SECRET,), ("",), "wrong"),
    ],
)
def test_when_a_secret_is_changed_then_both_are_good_meanwhile(
    signs_with: tuple[str, ...], knows: tuple[str, ...], verdict: Verdict
) -> None:
    headers = signature_headers(b"hi", NOW_S, signs_with)

    assert verify(b"hi", headers["X-Warmline-Timestamp"], headers["X-Warmline-Signature"], knows, NOW_S) == verdict


@given(st.binary(max_size=100), st.text(max_size=40), st.text(max_size=200))
def test_when_a_stranger_writes_anything_then_it_is_never_good(body: bytes, timestamp: str, signature: str) -> None:
    assert verify(body, timestamp, signature, (SECRET,), NOW_S) != "good"
