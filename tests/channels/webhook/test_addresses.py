from __future__ import annotations

import pytest

from channels.webhook.addresses import parse_url, why_denied


@pytest.mark.parametrize(
    ("url", "address", "private", "why"),
    [
        ("https://adapter.example.com/in", "93.184.215.14", False, ""),
        ("http://adapter.example.com/in", "93.184.215.14", False, "not_encrypted"),
        ("http://adapter.example.com/in", "93.184.215.14", True, "not_encrypted"),
        ("http://localhost:8000/in", "127.0.0.1", False, ""),
        ("http://[::1]:8000/in", "::1", False, ""),
        ("https://inside.example.com/", "10.0.0.5", False, "private_address"),
        ("http://inside.example.com/", "10.0.0.5", True, ""),
        ("https://mapped.example.com/", "::ffff:192.168.1.1", False, "private_address"),
        ("https://metadata.example.com/", "169.254.169.254", True, "denied_address"),
        ("https://x.example.com/", "0.0.0.0", True, "denied_address"),
        ("https://x.example.com/", "224.0.0.1", True, "denied_address"),
        ("https://x.example.com/", "no address", True, "no_address"),
    ],
)
def test_when_a_host_resolves_then_only_safe_addresses_are_posted_to(
    url: str, address: str, private: bool, why: str
) -> None:
    assert why_denied(parse_url(url), address, allow_private=private) == why


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x.example/", "https://", "https://u:p@x.example/", "https://x.example/#a", "https://x.y:99999/", "x"],
)
def test_when_an_address_is_none_then_it_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|no address"):
        parse_url(url)
