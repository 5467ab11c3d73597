"""Mails as mail programs really write them; names and addresses are invented."""

from __future__ import annotations

from email.message import EmailMessage

from channels.mail.parse import MailRules

OURS = "support@lumina.example"
RULES = MailRules(ours=(OURS,), mailbox="support")


def crlf(text: str) -> bytes:
    """Return a mail as servers hand it over."""
    return text.lstrip("\n").replace("\n", "\r\n").encode()


def plain(text: str, *headers: str, sender: str = "Ana Ruiz <ana@example.net>") -> bytes:
    """Return a simple mail with a text and further headers."""
    return crlf(
        f"From: {sender}\nTo: {OURS}\nSubject: Mi factura\nMessage-ID: <1@example.net>\n"
        + "".join(f"{header}\n" for header in headers)
        + f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}"
    )


def with_files(*files: tuple[str, str, bytes], text: str = "Adjunto la foto.") -> bytes:
    """Return a mail with files (name, type, content)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ana@example.net", OURS, "Foto"
    mail["Message-ID"] = "<files@example.net>"
    mail.set_content(text)
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


GMAIL_REPLY = crlf(
    """
Return-Path: <ana.ruiz@example.net>
Received: from mail-wr1-f52.example.net ([192.0.2.52])
        by mx.lumina.example; Mon, 30 Nov 2026 09:31:00 +0100
MIME-Version: 1.0
References: <m1.0123456789abcdef@lumina.example>
In-Reply-To: <m1.0123456789abcdef@lumina.example>
From: =?UTF-8?Q?Ana_Ruiz_Mu=C3=B1oz?= <ana.ruiz@example.net>
Date: Mon, 30 Nov 2026 09:30:48 +0100
Message-ID: <CAF=x1@mail.example.net>
Subject: =?UTF-8?Q?Re=3A_Aver=C3=ADa_en_mi_calle?=
To: Lumina <support+k3x9z7q2m5@lumina.example>
Content-Type: multipart/alternative; boundary="000000000000abc"

--000000000000abc
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

Sigue sin haber luz. =C2=BFCu=C3=A1ndo vuelve?

Un saludo,
Ana

El lun, 30 nov 2026 a las 9:12, Lumina (<support@lumina.example>)
escribi=C3=B3:

> Hemos recibido su aviso.
>
> --
> Esta respuesta es autom=C3=A1tica

--000000000000abc
Content-Type: text/html; charset="UTF-8"

<div dir="ltr">Sigue sin haber luz.</div>
--000000000000abc--
"""
)

OUTLOOK_REPLY = crlf(
    """
From: John Smith <John.Smith@Example.COM>
To: "Lumina Support" <support@lumina.example>
Subject: RE: Your bill
Thread-Topic: Your bill
Message-ID: <DB7PR01MB1234@eurprd01.example>
References: <first@example.com> <m2.fedcba9876543210@lumina.example>
In-Reply-To: <m2.fedcba9876543210@lumina.example>
Accept-Language: en-GB
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable
MIME-Version: 1.0

<html><head><meta http-equiv=3D"Content-Type" content=3D"text/html; charset=3Diso-8859-1">
<style><!-- p.MsoNormal {margin:0cm;} --></style></head>
<body lang=3D"EN-GB"><div class=3D"WordSection1">
<p class=3D"MsoNormal">I still pay =A320 too much.</p>
<p class=3D"MsoNormal">Why?</p></div>
<div id=3D"appendonsend"></div><hr>
<div id=3D"divRplyFwdMsg"><font><b>From:</b> Lumina &lt;support@lumina.example&gt;<br>
<b>Sent:</b> 30 November 2026 09:00<br><b>To:</b> John Smith<br><b>Subject:</b> Re: Your bill</font></div>
<div>Your bill is higher because of the season.</div>
</body></html>
"""
)

APPLE_REPLY = crlf(
    """
From: Eva <eva@example.org>
To: support@lumina.example
Subject: Re: cita
Message-ID: <apple-1@example.org>
Content-Type: text/plain; charset=us-ascii
Mime-Version: 1.0 (1.0)

Thursday suits me.

Sent from my iPhone

> On 30 Nov 2026, at 10:05, Lumina <support@lumina.example> wrote:
>
> When may we come?
"""
)

LATIN_WITHOUT_CHARSET = (
    b"From: pepe@example.es\r\nTo: support@lumina.example\r\nSubject: aver\xeda\r\nMessage-ID: <l1@example.es>\r\n\r\n"
    b"No tengo luz desde las 9, \xbfqu\xe9 pasa? Son 20 \x80.\r\n"
)

EXIM_BOUNCE = crlf(
    """
Return-path: <>
Envelope-to: support@lumina.example
Received: from Debian-exim by mx.example.net with local (Exim 4.96); Mon, 30 Nov 2026 10:00:01 +0000
X-Failed-Recipients: nobody@example.net
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example.net>
To: support@lumina.example
References: <m3.aaaabbbbccccdddd@lumina.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=1764496801-eximdsn-1
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1-bounce@mx.example.net>

--1764496801-eximdsn-1
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1764496801-eximdsn-1
Content-type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Action: failed
Final-Recipient: rfc822;nobody@example.net
Status: 5.0.0
Remote-MTA: dns; mx2.example.net
Diagnostic-Code: smtp; 550 5.1.1 no such user

--1764496801-eximdsn-1
Content-type: message/rfc822

Return-path: <support@lumina.example>
Message-ID: <m3.aaaabbbbccccdddd@lumina.example>
From: Lumina <support@lumina.example>
To: nobody@example.net
Subject: Re: hola

Hola
--1764496801-eximdsn-1--
"""
)

POSTFIX_DELAY = crlf(
    """
Return-Path: <>
From: MAILER-DAEMON@relay.example (Mail Delivery System)
To: support@lumina.example
Subject: Delayed Mail (still being retried)
Auto-Submitted: auto-replied
Message-Id: <delay-1@relay.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.example. You do not need to resend.

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; ana@example.net
Original-Recipient: rfc822;ana@example.net
Action: delayed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to example.net: Connection
    timed out

--B1
Content-Type: text/rfc822-headers

Message-ID: <m4.1111222233334444@lumina.example>
From: support@lumina.example
--B1--
"""
)

OUT_OF_OFFICE = crlf(
    """
From: John Smith <john.smith@example.com>
To: support@lumina.example
Subject: Automatic reply: Your bill
Message-ID: <ooo@example.com>
In-Reply-To: <m2.fedcba9876543210@lumina.example>
X-Auto-Response-Suppress: All
Auto-Submitted: auto-generated
Content-Type: text/plain; charset=utf-8

I am away until Monday.
"""
)
