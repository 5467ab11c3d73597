"""One-time codes on their way out, by e-mail and by SMS: they stand in no log and in no conversation."""

from __future__ import annotations

import secrets

from calls.ids import Language
from service.channels.mail_port import MailPort
from service.channels.webhook_port import WebhookPort

SUBJECT: dict[Language, str] = {"es": "Su código de {company}", "en": "Your code from {company}"}
TEXT: dict[Language, str] = {
    "es": "Su código es {code}. Dígaselo solo a quien le atiende ahora mismo en {company}. Si no está en contacto con "
    "{company}, no haga nada: sin el código nadie puede hacerse pasar por usted.",
    "en": "Your code is {code}. Tell it only to whoever is helping you at {company} right now. If you are not in touch "
    "with {company}, do nothing: without the code nobody can pass as you.",
}


class MailCodes:
    """Sends codes by e-mail."""

    def __init__(self, port: MailPort, company: str) -> None:
        """Send through one mailbox."""
        self._port, self._company = port, company

    async def send_code(self, address: str, code: str, language: Language) -> None:
        """Send it.

        Raises:
            CallCentreError: `mail.*`.
        """
        subject = SUBJECT[language].format(company=self._company)
        text = TEXT[language].format(company=self._company, code=code)
        await self._port.notify(address, subject, text, language, f"code-{secrets.token_hex(12)}")


class WebhookCodes:
    """Sends codes by SMS, through an adapter."""

    def __init__(self, port: WebhookPort, company: str) -> None:
        """Send through one webhook."""
        self._port, self._company = port, company

    async def send_code(self, address: str, code: str, language: Language) -> None:
        """Send it.

        Raises:
            CallCentreError: `webhook.*`.
        """
        text = TEXT[language].format(company=self._company, code=code)
        await self._port.notify(address, text, language, f"code-{secrets.token_hex(12)}")
