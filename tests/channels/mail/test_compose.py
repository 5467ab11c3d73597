from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.compose import (
    OutgoingFile,
    OutgoingMail,
    automatic_footer,
    compose,
    new_message_id,
    references_of,
    reply_subject,
    with_token,
)
from channels.mail.incoming import IncomingMail
from channels.mail.parse import MailRules, parse_mail

ANSWER = OutgoingMail(
    sender="support@lumina.example",
    sender_name="Lumina · Atención",
    to="ana@example.net",
    to_name="Ana Ruiz",
    subject="Re: Avería",
    text="Hola, Ana:\n\nLa luz vuelve a las 12.\nGracias.",
    language="es",
    message_id="<m9.0123456789abcdef@lumina.example>",
    in_reply_to="<c2@example.net>",
    references=("<c1@example.net>", "<c2@example.net>"),
    reply_to="support+k3x9z7q2m5@lumina.example",
    automatic=True,
    mailbox="support",
    sent_at=datetime(2026, 11, 30, 9, 0, tzinfo=UTC),
    footer=automatic_footer("Lumina", "es"),
)


def read(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_when_the_bot_answers_then_the_mail_is_in_its_thread_and_says_that_it_is_automatic() -> None:
    mail = read(compose(ANSWER))

    assert mail["From"] == "Lumina · Atención <support@lumina.example>"
    assert mail["To"] == "Ana Ruiz <ana@example.net>"
    assert mail["In-Reply-To"] == "<c2@example.net>"
    assert mail["References"] == "<c1@example.net> <c2@example.net>"
    assert mail["Reply-To"].addresses[0].addr_spec == "support+k3x9z7q2m5@lumina.example"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    text, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert page is not None
    assert "La luz vuelve a las 12." in text.get_content()
    assert "automática" in text.get_content()
    assert "agente" in text.get_content()
    assert "<p>La luz vuelve a las 12.<br>Gracias.</p>" in page.get_content()
    assert 'lang="es"' in page.get_content()


def test_when_a_person_answers_then_nothing_calls_it_automatic() -> None:
    mail = read(compose(replace(ANSWER, automatic=False, footer="")))

    assert mail["Auto-Submitted"] is None
    assert "automática" not in mail.as_string()


def test_when_an_answer_comes_back_to_us_then_we_know_it_as_ours() -> None:
    parsed = parse_mail(compose(ANSWER), MailRules(ours=("other@lumina.example",), mailbox="support"))

    assert isinstance(parsed, IncomingMail)
    assert parsed.kind == "own"
    assert parsed.thread == ("<c2@example.net>", "<c1@example.net>")


def test_when_words_look_like_html_or_headers_then_they_stay_words() -> None:
    mail = read(
        compose(replace(ANSWER, text="<script>x</script> & co", subject="Re: a\r\nBcc: x@y.z", to_name='A" <x@y.z>\n'))
    )

    page = mail.get_body(("html",))
    assert page is not None
    assert "&lt;script&gt;x&lt;/script&gt; &amp; co" in page.get_content()
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["ana@example.net"]


def test_when_files_go_along_then_they_arrive_whole() -> None:
    mail = read(
        compose(
            replace(
                ANSWER,
                files=(
                    OutgoingFile(name="factura ñ.pdf", media_type="application/pdf", content=b"%PDF-1.7"),
                    OutgoingFile(name="x.eml", media_type="message/rfc822", content=b"no mail at all"),
                ),
            )
        )
    )

    files = list(mail.iter_attachments())
    assert [(file.get_filename(), file.get_content_type()) for file in files] == [
        ("factura ñ.pdf", "application/pdf"),
        ("x.eml", "application/octet-stream"),
    ]
    assert files[0].get_payload(decode=True) == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Avería", "Re: Avería"),
        ("RE: Avería", "Re: Avería"),
        ("Rv: Fwd: Re: Avería", "Re: Avería"),
        ("Re[2]: bill", "Re: bill"),
        ("", "Re: Su mensaje"),
        ("Re:", "Re: Su mensaje"),
        ("Recibo", "Re: Recibo"),
        ("x" * 900, "Re: " + "x" * 200),
    ],
)
def test_when_a_subject_is_answered_then_it_has_one_re(subject: str, answered: str) -> None:
    assert reply_subject(subject, "es") == answered


def test_when_a_thread_is_long_then_its_first_and_last_mails_are_named() -> None:
    thread = [f"<{at}@x>" for at in range(50)]

    ids = references_of(thread, "<49@x>")

    assert len(ids) == 20
    assert (ids[0], ids[1], ids[-1]) == ("<0@x>", "<31@x>", "<49@x>")


def test_when_names_are_made_then_they_are_well_formed() -> None:
    assert with_token("support@lumina.example", "abc") == "support+abc@lumina.example"
    assert new_message_id("m1/../x", "f" * 64, "a@lumina.example") == f"<m1x.{'f' * 24}@lumina.example>"


@pytest.mark.parametrize("to", ["ana", "ana@", "@x.y", "a b@x.y", "a@x.y\r\nBcc: c@d.e"])
def test_when_an_address_is_none_then_nothing_is_made(to: str) -> None:
    with pytest.raises(ValueError, match="address"):
        compose(replace(ANSWER, to=to))


@given(st.text(max_size=200), st.text(max_size=80), st.text(max_size=40))
def test_when_any_words_are_sent_then_the_headers_stay_ours(text: str, subject: str, name: str) -> None:
    mail = read(compose(replace(ANSWER, text=text, subject=reply_subject(subject, "en"), to_name=name)))

    assert sorted(mail.keys()) == sorted(read(compose(ANSWER)).keys())
