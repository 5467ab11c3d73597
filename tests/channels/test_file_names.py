from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.file_names import LONGEST_CHARS, safe_name


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("factura.pdf", "factura.pdf"),
        ("C:\\Users\\ana\\foto 1.jpg", "foto 1.jpg"),
        ("../../../etc/cron.d/x", "x"),
        (".bashrc", "bashrc"),
        ("a\x00b\x1b[31m.txt", "ab[31m.txt"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "file-1.pdf"),
        ("con:aux?.txt", "con_aux_.txt"),
        ("n" * 300 + ".jpeg", "n" * (LONGEST_CHARS - 5) + ".jpeg"),
    ],
)
def test_when_a_name_comes_from_a_stranger_then_it_is_made_safe(given_name: str, safe: str) -> None:
    assert safe_name(given_name, "application/pdf") == safe


@given(st.text(max_size=400))
def test_when_a_name_is_anything_then_it_is_short_and_no_path(given_name: str) -> None:
    name = safe_name(given_name)

    assert 0 < len(name) <= LONGEST_CHARS
    assert not set(name) & set('/\\<>:"|?*\n\r\0')
    assert not name.startswith(".")
    assert name.isprintable() or all(not char.isspace() or char == " " for char in name)
