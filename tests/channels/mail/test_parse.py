from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.incoming import IncomingMail, MailKind, MailRefused
from channels.mail.parse import MailRules, parse_mail
from tests.channels.mail import samples
from tests.channels.mail.samples import RULES, crlf, plain, with_files


def taken(raw: bytes, rules: MailRules = RULES) -> IncomingMail:
    mail = parse_mail(raw, rules)
    assert isinstance(mail, IncomingMail), mail
    return mail


def test_when_gmail_answers_then_only_the_new_words_and_the_thread_are_taken() -> None:
    mail = taken(samples.GMAIL_REPLY)

    assert mail.text == "Sigue sin haber luz. ¿Cuándo vuelve?"
    assert "Hemos recibido su aviso" in mail.whole_text
    assert (mail.sender.address, mail.sender.name) == ("ana.ruiz@example.net", "Ana Ruiz Muñoz")
    assert mail.subject == "Re: Avería en mi calle"
    assert mail.tokens == ("k3x9z7q2m5",)
    assert mail.thread == ("<m1.0123456789abcdef@lumina.example>",)
    assert mail.kind == "person"
    assert not mail.wants_no_answer
    assert mail.sent_at is not None
    assert mail.sent_at.isoformat() == "2026-11-30T08:30:48+00:00"


def test_when_outlook_answers_in_html_alone_then_the_earlier_mail_is_left_out() -> None:
    mail = taken(samples.OUTLOOK_REPLY)

    assert mail.text == "I still pay £20 too much.\n\nWhy?"
    assert "because of the season" in mail.whole_text
    assert mail.sender.address == "John.Smith@example.com"
    assert mail.sender.key == "john.smith@example.com"
    assert mail.thread == ("<m2.fedcba9876543210@lumina.example>", "<first@example.com>")


def test_when_a_telephone_answers_then_its_advertisement_is_left_out() -> None:
    assert taken(samples.APPLE_REPLY).text == "Thursday suits me."


def test_when_no_charset_is_named_then_the_words_are_read_all_the_same() -> None:
    mail = taken(samples.LATIN_WITHOUT_CHARSET)

    assert mail.text == "No tengo luz desde las 9, ¿qué pasa? Son 20 €."
    assert mail.subject.startswith("aver")


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("iso-8859-15", "Son 20 €".encode("iso-8859-15")),
        ("windows-1252", "Son 20 €".encode("cp1252")),
        ("iso-8859-1", "Son 20 €".encode("cp1252")),
        ("utf-8", b"\xef\xbb\xbfSon 20 \xe2\x82\xac"),
        ("utf-16", "Son 20 €".encode("utf-16")),
        ("no-such-charset", "Son 20 €".encode()),
        ("base64", "Son 20 €".encode()),
        ("", "Son 20 €".encode()),
    ],
)
def test_when_a_charset_is_old_wrong_or_none_then_the_euro_is_read(charset: str, data: bytes) -> None:
    head = f"From: a@example.net\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert taken(head + data).text == "Son 20 €"


def test_when_a_mail_has_no_message_id_then_the_same_mail_has_the_same_name() -> None:
    raw = b"From: a@example.net\r\nSubject: x\r\n\r\nHola"
    first, second, other = taken(raw), taken(raw), taken(raw + b"!")

    assert first.message_id == second.message_id != other.message_id
    assert first.message_id.startswith("<")


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: auto-replied", "automatic"),
        ("Auto-Submitted: auto-generated (rejected)", "automatic"),
        ("Auto-Submitted: no", "person"),
        ("Precedence: auto_reply", "automatic"),
        ("Precedence: bulk", "list"),
        ("X-Autoreply: yes", "automatic"),
        ("List-Id: <news.example.net>", "list"),
        ("List-Unsubscribe: <mailto:off@example.net>", "list"),
        ("Return-Path: <>", "automatic"),
        ("X-Spam-Flag: YES", "spam"),
        ("X-Spam-Status: Yes, score=9.1 required=5.0", "spam"),
        ("X-Spam-Status: No, score=-1.0", "person"),
        ("X-MS-Exchange-Organization-SCL: 6", "spam"),
        ("X-MS-Exchange-Organization-SCL: -1", "person"),
        ("X-Warmline-Mailbox: support", "own"),
        ("X-Warmline-Mailbox: of-another-house", "person"),
        ("Subject: Fuera de la oficina: vuelvo el lunes", "person"),  # the second subject does not count
    ],
)
def test_when_a_header_tells_of_a_program_then_the_mail_is_not_taken_for_a_persons(header: str, kind: MailKind) -> None:
    mail = taken(plain("Hola", header))

    assert mail.kind == kind
    assert mail.wants_no_answer == (kind != "person")


@pytest.mark.parametrize(
    ("sender", "kind", "unanswered"),
    [
        ("support@lumina.example", "own", True),
        ("SUPPORT@Lumina.example", "own", True),
        ("MAILER-DAEMON@example.net", "bounce", True),
        ("no-reply@example.net", "person", True),
        ("bounces+123@example.net", "person", True),
        ("norte@example.net", "person", False),
    ],
)
def test_when_a_sender_is_no_person_then_no_program_answers(sender: str, kind: MailKind, unanswered: bool) -> None:
    mail = taken(plain("Hola", sender=sender))

    assert (mail.kind, mail.wants_no_answer) == (kind, unanswered)


def test_when_somebody_is_out_of_office_then_it_is_known_as_automatic() -> None:
    mail = taken(samples.OUT_OF_OFFICE)

    assert (mail.kind, mail.wants_no_answer) == ("automatic", True)


def test_when_exim_returns_a_mail_then_the_bounce_names_ours_and_who_was_not_reached() -> None:
    mail = taken(samples.EXIM_BOUNCE)

    assert mail.kind == "bounce"
    assert mail.bounce is not None
    assert mail.bounce.failed == ("nobody@example.net",)
    assert mail.bounce.message_ids == ("<m3.aaaabbbbccccdddd@lumina.example>",)
    assert mail.bounce.final
    assert mail.files == () or all(file.media_type == "message/rfc822" for file in mail.files)


def test_when_postfix_says_that_it_still_tries_then_the_bounce_is_not_final() -> None:
    mail = taken(samples.POSTFIX_DELAY)

    assert mail.bounce is not None
    assert not mail.bounce.final
    assert mail.bounce.status == "4.4.1"
    assert mail.bounce.message_ids == ("<m4.1111222233334444@lumina.example>",)


def test_when_a_server_tells_of_success_then_nothing_bounced() -> None:
    raw = samples.POSTFIX_DELAY.replace(b"Action: delayed", b"Action: delivered").replace(b"4.4.1", b"2.0.0")

    assert taken(raw).bounce is None


def test_when_files_come_along_then_their_names_are_safe_and_their_types_true() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    mail = taken(
        with_files(
            ("../../etc/passwd", "text/x-config", b"root"),
            ("contador.png", "image/png", png),
            ("trampa.png", "image/png", b"MZ\x90"),
            ("fac\u202efdp.exe", "application/pdf", b"%PDF-1.7"),
            ("...", "image/jpeg", b"\xff\xd8\xff\xe0"),
        )
    )

    assert [(file.name, file.media_type) for file in mail.files] == [
        ("passwd", "text/x-config"),
        ("contador.png", "image/png"),
        ("trampa.png", "application/octet-stream"),
        ("fac fdp.exe", "application/pdf"),
        ("file-5.jpg", "image/jpeg"),
    ]
    assert mail.text == "Adjunto la foto."


def test_when_files_are_too_many_or_too_large_then_the_rest_is_named_and_left_out() -> None:
    rules = MailRules(ours=RULES.ours, most_files=2, largest_file_bytes=100, all_files_bytes=150)
    big, small = b"1" * 101, b"2" * 90
    mail = taken(with_files(*[(f"{at}.bin", "application/zip", c) for at, c in enumerate((big, small, small))]), rules)

    assert [file.name for file in mail.files] == ["1.bin"]
    assert [(file.name, file.reason) for file in mail.left_out] == [("0.bin", "too_large"), ("2.bin", "too_large")]


def test_when_a_mail_is_forwarded_as_a_file_then_its_text_is_not_taken_for_the_senders() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "x@example.org", "Inner"
    inner.set_content("words of somebody else")
    mail = EmailMessage()
    mail["From"], mail["To"] = "ana@example.net", samples.OURS
    mail.set_content("Vean el correo adjunto.")
    mail.add_attachment(inner)

    parsed = taken(mail.as_bytes())

    assert parsed.text == "Vean el correo adjunto."
    assert [file.media_type for file in parsed.files] == ["message/rfc822"]
    assert b"words of somebody else" in parsed.files[0].content


def test_when_a_mail_is_too_large_too_deep_or_without_sender_then_it_is_refused_with_its_name() -> None:
    large = parse_mail(plain("x" * 2_000), MailRules(ours=(), largest_bytes=1_000))
    deep = "".join(f'Content-Type: multipart/mixed; boundary="{at}"\n\n--{at}\n' for at in range(30))
    nested = parse_mail(crlf(f"From: a@example.net\nMessage-ID: <d@x>\n{deep}\nhello"), RULES)
    nobody = parse_mail(b"Subject: hi\r\n\r\nhi", RULES)

    assert large == MailRefused(reason="too_large", message_id="<1@example.net>", sender="ana@example.net")
    assert nested == MailRefused(reason="too_deep", message_id="<d@x>", sender="a@example.net")
    assert isinstance(nobody, MailRefused)
    assert nobody.reason == "no_sender"


def test_when_a_from_is_broken_then_the_address_in_it_is_found() -> None:
    assert taken(b'From: "Ana, <ana@example.net>\r\n\r\nhola').sender.address == "ana@example.net"


def test_when_a_header_hides_another_then_the_subject_stays_one_line() -> None:
    mail = taken(b"From: a@example.net\r\nSubject: =?utf-8?b?SGkNCkJjYzogeEB5Lno=?=\r\n\r\nhola")

    assert mail.subject == "Hi Bcc: x@y.z"


_PIECES = st.sampled_from(
    [
        b"From: ",
        b"a@b.c",
        b"Subject: =?utf-8?q?=",
        b"=?x?y?z?=",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b'Content-Type: multipart/mixed; boundary="b"',
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Type: text/plain; charset*0*=x''%",
        b"Content-Disposition: attachment; filename*=utf-8''%ff",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: x-uuencode",
        b"--b",
        b"--b--",
        b"<div><blockquote type=cite><![CDATA[<!-- <a href=",
        b"References: <a@b> <",
        b"Date: Mon, 99 Foo 2026 99:99:99 +9999",
        b"Message-ID: <>",
        b"Final-Recipient: rfc822;",
        b"> On x wrote:",
        b"\xff\xfe\x00",
        b"=3D=",
        b"begin 644 x\n#0V%T\nend",
    ]
)


@given(st.lists(st.one_of(_PIECES, st.binary(max_size=20)), max_size=40))
def test_when_any_bytes_come_then_they_are_taken_or_refused_and_nothing_is_raised(pieces: list[bytes]) -> None:
    mail = parse_mail(b"".join(pieces), RULES)

    assert isinstance(mail, IncomingMail | MailRefused)
    if isinstance(mail, IncomingMail):
        assert "\0" not in mail.text
        assert "\n" not in mail.subject


@given(st.binary(max_size=400))
def test_when_a_body_is_any_bytes_then_the_mail_is_taken(body: bytes) -> None:
    raw = b"From: a@example.net\r\nMessage-ID: <x@y>\r\nContent-Type: text/html\r\n\r\n" + body

    assert taken(raw).message_id == "<x@y>"
