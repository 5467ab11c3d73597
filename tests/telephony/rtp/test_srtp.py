"""SRTP: what was protected is opened again, what was not is refused."""

from __future__ import annotations

import pytest

from telephony.rtp.packet import RtpPacket, RtpParseError, build_rtp, parse_rtp
from telephony.rtp.srtp import SRTP_PROFILES, SrtpContext, SrtpKeys


def pair(profile: str) -> tuple[SrtpContext, SrtpContext]:
    size = SRTP_PROFILES[profile].secret_bytes
    one, other = bytes(range(size)), bytes(range(100, 100 + size))
    return (
        SrtpContext(SrtpKeys(profile=profile, own=one, peer=other)),
        SrtpContext(SrtpKeys(profile=profile, own=other, peer=one)),
    )


def datagram(sequence: int, payload: bytes = b"sound" * 32) -> bytes:
    return build_rtp(RtpPacket(0, sequence & 0xFFFF, sequence * 160, 7, payload))


@pytest.mark.parametrize("profile", SRTP_PROFILES)
def test_when_both_sides_have_the_keys_then_sound_and_reports_come_through_and_cannot_be_read_between(
    profile: str,
) -> None:
    near, far = pair(profile)
    sealed = near.protect(datagram(1))
    assert b"sound" not in sealed
    assert far.unprotect(sealed) == datagram(1)
    report = bytes.fromhex("80c90001") + bytes(4)
    assert far.unprotect_rtcp(near.protect_rtcp(report)) == report
    assert near.unprotect(far.protect(datagram(9))) == datagram(9)


def test_when_key_and_packet_are_known_then_the_bytes_are_those_of_the_rfc() -> None:
    # Source: RFC 3711 appendix B.3 gives session keys only; this vector is libsrtp's `srtp_validate`, AES-CM/SHA1-80.
    secret = bytes.fromhex("e1f97a0d3e018be0d64fa32c06de4139" + "0ec675ad498afeebb6960b3aabe6")
    context = SrtpContext(SrtpKeys(profile="AES_CM_128_HMAC_SHA1_80", own=secret, peer=secret))
    plain = bytes.fromhex("800f1234decafbadcafebabe" + "ab" * 16)
    expected = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
    assert context.protect(plain).hex() == expected
    assert context.unprotect(bytes.fromhex(expected)) == plain


@pytest.mark.parametrize("profile", SRTP_PROFILES)
def test_when_a_datagram_is_forged_damaged_or_sent_twice_then_it_is_refused_and_counted(profile: str) -> None:
    near, far = pair(profile)
    sealed = near.protect(datagram(1))
    bent = sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]
    for bad in (datagram(1), bent, b"", sealed[:13], b"\x80" * 1501):
        with pytest.raises(RtpParseError):
            far.unprotect(bad)
    assert far.unprotect(sealed) == datagram(1)
    with pytest.raises(RtpParseError):
        far.unprotect(sealed)
    assert far.refused == 6


def test_when_numbers_wrap_twice_with_losses_and_misorder_then_every_packet_is_still_opened() -> None:
    near, far = pair("AES_CM_128_HMAC_SHA1_32")
    opened = []
    held: bytes | None = None
    for number in range(65_000, 65_000 + 140_000):
        sealed = near.protect(datagram(number, b"x"))
        if number % 7 == 0:
            continue
        if number % 50 == 1:
            held = sealed
            continue
        opened.append(parse_rtp(far.unprotect(sealed)).sequence)
        if held is not None:
            opened.append(parse_rtp(far.unprotect(held)).sequence)
            held = None
    assert far.refused == 0
    assert len(opened) == pytest.approx(120_000, abs=500)


def test_when_keys_do_not_fit_the_profile_then_no_context_is_made_and_keys_are_never_shown() -> None:
    with pytest.raises(ValueError, match="another length"):
        SrtpKeys(profile="AEAD_AES_256_GCM", own=bytes(30), peer=bytes(30))
    with pytest.raises(ValueError, match="unknown"):
        SrtpKeys(profile="F8_128_HMAC_SHA1_80", own=bytes(30), peer=bytes(30))
    assert "secret" not in repr(SrtpKeys(profile="AES_CM_128_HMAC_SHA1_80", own=b"secret" * 5, peer=b"secret" * 5))
