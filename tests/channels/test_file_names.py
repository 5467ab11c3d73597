from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.file_names import LONGEST_CHARS, SENDABLE, safe_name, sendable_type


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


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("Factura.PDF", b"%PDF-1.7", "application/pdf"),
        ("plan.png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("notes.txt", "Añadir".encode(), "text/plain"),
        ("notes.txt", b"MZ\0", None),
        ("factura.pdf", b"MZ\x90", None),
        ("factura.pdf.exe", b"%PDF-1.7", None),
        ("page.html", b"<script>", None),
        ("picture.svg", b"<svg onload=x>", None),
        ("macro.docm", b"PK\x03\x04", None),
        ("bill.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("pdf", b"%PDF-1.7", None),
    ],
)
def test_when_a_file_shall_be_sent_then_it_is_one_of_few_kinds_and_what_it_says(
    name: str, content: bytes, kind: str | None
) -> None:
    assert sendable_type(name, content) == kind


def test_when_a_kind_may_be_sent_then_no_click_runs_it() -> None:
    assert not {".exe", ".js", ".html", ".svg", ".docm", ".xlsm", ".zip", ".lnk", ".bat", ".ps1"} & set(SENDABLE)
