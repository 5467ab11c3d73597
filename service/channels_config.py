"""Sections of the configuration about text channels from outside: mailboxes, webhooks, and facts for other programs."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from calls.events import EVENT_BODIES
from calls.ids import Language
from channels.mail.parse import MailRules, address_from
from channels.webhook.addresses import parse_url
from channels.webhook.contract import WebhookChannel
from channels.webhook.signature import LEAST_SECRET_CHARS
from service.config_section import Section
from service.config_values import nearest, secret_of
from service.mail_oauth_config import MailOauthSection

MailSecurity = Literal["tls", "starttls", "none"]
IMAP_PORTS: dict[MailSecurity, int] = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS: dict[MailSecurity, int] = {"tls": 465, "starttls": 587, "none": 25}
"""Source: RFC 8314 section 3; 25 for a server of the own machine."""
FACT_TYPES = frozenset(str(body.__dataclass_fields__["type"].default) for body in EVENT_BODIES)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,48}")


class MailboxSection(Section):
    """An address that customers write to; the name of its table is its name."""

    address: str
    """The address, e.g. "support@example.com"."""
    aliases: tuple[str, ...] = ()
    """Further addresses whose mail lands here."""
    sender_name: str = Field(default="", max_length=100)
    """Whom mails of ours show; empty: `dial_plan.company`."""
    user: str = ""
    """Name of the account; empty: the address."""
    password: SecretStr = SecretStr("")
    password_file: str = ""
    """File with the password instead, e.g. a container's secret."""
    oauth: MailOauthSection | None = None
    """Signs in by access tokens (XOAUTH2) instead of a password, for Gmail and Microsoft 365."""
    imap_host: str = ""
    """Server that the mail is fetched from; empty: this mailbox only sends."""
    imap_port: int = Field(default=0, ge=0, le=65535, strict=True)
    """0: 993 for "tls", else 143."""
    imap_security: MailSecurity = "tls"
    """"none" only for a server on this machine, unless `allow_clear`."""
    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    idle: bool = Field(default=True, strict=True)
    """Let the server tell at once that a mail came (IMAP IDLE), where it can."""
    poll_s: int = Field(default=60, ge=1, le=3600, strict=True)
    """How often to look in any case; where the server tells at once, this only makes good for what it forgot."""
    smtp_host: str = ""
    """Server that mails go out through; empty: `imap_host`."""
    smtp_port: int = Field(default=0, ge=0, le=65535, strict=True)
    """0: 587 for "starttls", 465 for "tls", 25 for "none"."""
    smtp_security: MailSecurity = "starttls"
    smtp_user: str = ""
    """Another account for sending; empty: that of IMAP. "-": the server asks for none."""
    smtp_password: SecretStr = SecretStr("")
    smtp_password_file: str = ""
    ca_file: str = ""
    """PEM file of issuers that the servers' certificates are held against; empty: those of the system."""
    allow_clear: bool = Field(default=False, strict=True)
    """True: passwords and mails may travel without encryption to another machine."""
    answers: Literal["draft", "sure", "never"] = "draft"
    """What the bot does with a mail: "draft": suggests an answer to the agent; "sure": answers by itself when it knows
    the answer, and leaves everything else to people; "never": people alone read it."""
    queue: str = ""
    """Whose people answer, in their opening hours; empty: "main"."""
    tells_hours: bool = Field(default=True, strict=True)
    """Confirm a mail that comes to people at a closed hour, with the hour at which they are in again. Not with
    "never", where no program writes."""
    language: Language = "es"
    """Where a mail's own language is not known."""
    reply_token: bool = Field(default=True, strict=True)
    """Ask for answers at address+TOKEN@…, so that a thread is found even when a mail program forgets it. False where
    the server does not deliver such addresses."""
    spam: Literal["skip", "take"] = "skip"
    """What a filter marked as spam: left in the mailbox, or taken without an answer of the bot."""
    largest_mb: int = Field(default=25, ge=1, le=100, strict=True)
    """A larger mail stays in the mailbox, and staff are told."""
    most_files: int = Field(default=20, ge=0, le=100, strict=True)
    largest_file_mb: int = Field(default=10, ge=1, le=100, strict=True)
    sends_per_minute: int = Field(default=30, ge=1, le=10_000, strict=True)
    """Mails of ours; more wait."""
    automatic_per_hour: int = Field(default=6, ge=1, le=1000, strict=True)
    """Answers of the bot to one address; then people take over, since two programs may be talking to each other."""

    @field_validator("address")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if address_from(value) is None:
            raise ValueError(f'{value!r} is no address like "support@example.com"')
        return value

    @field_validator("aliases")
    @classmethod
    def _are_addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if address_from(value) is None:
                raise ValueError(f'{value!r} is no address like "support@example.com"')
        return values

    @model_validator(mode="after")
    def _can_be_used(self) -> MailboxSection:
        if not self.imap_host and not self.smtp_host:
            raise ValueError("needs imap_host to fetch mail, or smtp_host to send, or both")
        for key, host, security in (
            ("imap", self.imap_host, self.imap_security),
            ("smtp", self.outgoing_host, self.smtp_security),
        ):
            if host and security == "none" and not self.allow_clear and not is_this_machine(host):
                raise ValueError(
                    f'{key}_security = "none" sends the password in clear to another machine; use "starttls" or "tls", '
                    "or allow_clear = true where the way is private"
                )
        for key, given, file in (
            ("password", self.password, self.password_file),
            ("smtp_password", self.smtp_password, self.smtp_password_file),
        ):
            if given.get_secret_value() and file:
                raise ValueError(f"{key} and {key}_file are both there; leave one out")
        has_password = bool(self.password.get_secret_value() or self.password_file)
        if self.oauth is not None and has_password:
            raise ValueError("password and oauth are both there; leave one out")
        if self.imap_host and self.oauth is None and not has_password:
            raise ValueError("imap_host needs password, password_file or oauth")
        return self

    @property
    def outgoing_host(self) -> str:
        """The server that mails go out through."""
        return self.smtp_host or self.imap_host

    @property
    def incoming_port(self) -> int:
        """Port of IMAP."""
        return self.imap_port or IMAP_PORTS[self.imap_security]

    @property
    def outgoing_port(self) -> int:
        """Port of SMTP."""
        return self.smtp_port or SMTP_PORTS[self.smtp_security]

    @property
    def account(self) -> str:
        """Name of the account."""
        return self.user or self.address

    def imap_password(self, name: str) -> str:
        """Return the password of IMAP.

        Raises:
            CallCentreError: `config.unreadable` when its file cannot be read.
        """
        return secret_of(self.password, self.password_file, f"the mailbox {name}")

    @property
    def smtp_tokens(self) -> bool:
        """Whether sending signs in by access tokens."""
        own = self.smtp_password.get_secret_value() or self.smtp_password_file
        return self.oauth is not None and not own and self.smtp_user != "-"

    def smtp_login(self, name: str) -> tuple[str, str] | None:
        """Return user and password for sending, None where the server asks for none.

        Raises:
            CallCentreError: `config.unreadable` when the password's file cannot be read.
        """
        if self.smtp_user == "-":
            return None
        own = self.smtp_password.get_secret_value() or self.smtp_password_file
        given = (self.smtp_password, self.smtp_password_file) if own else (self.password, self.password_file)
        password = secret_of(*given, f"the mailbox {name}")
        return (self.smtp_user or self.account, password) if password else None

    def rules(self, name: str) -> MailRules:
        """Return what the parser is told."""
        return MailRules(
            ours=tuple(address.lower() for address in (self.address, *self.aliases)),
            mailbox=name,
            largest_bytes=self.largest_mb * 1_000_000,
            most_files=self.most_files,
            largest_file_bytes=self.largest_file_mb * 1_000_000,
            all_files_bytes=self.largest_mb * 1_000_000,
        )


class SignedSection(Section):
    """What is signed with a secret that can be changed without losing anything."""

    secret: SecretStr = SecretStr("")
    """What both sides know; make one with `openssl rand -hex 32`."""
    secret_file: str = ""
    old_secret: SecretStr = SecretStr("")
    """The one before, good as well until it is removed: give the new one to the other side meanwhile."""
    allow_private: bool = Field(default=False, strict=True)
    """True: `url` may be in the own network, and without https there. This machine always may."""
    ca_file: str = ""
    """PEM file of issuers that the certificate at `url` is held against; empty: those of the system."""
    timeout_s: int = Field(default=10, ge=1, le=60, strict=True)

    @model_validator(mode="after")
    def _has_secrets(self) -> SignedSection:
        given = self.secret.get_secret_value()
        if bool(given) == bool(self.secret_file):
            raise ValueError("needs secret or secret_file, one of them")
        for value in (given, self.old_secret.get_secret_value()):
            if value and len(value) < LEAST_SECRET_CHARS:
                raise ValueError(
                    f"a secret has at least {LEAST_SECRET_CHARS} characters; make one with `openssl rand -hex 32`"
                )
        return self

    def secrets(self, whose: str) -> tuple[str, ...]:
        """Return the secrets, the newest first.

        Raises:
            CallCentreError: `config.unreadable` when the file cannot be read.
        """
        newest = secret_of(self.secret, self.secret_file, whose)
        return tuple(secret for secret in (newest, self.old_secret.get_secret_value()) if secret)


class WebhookSection(SignedSection):
    """A provider of SMS, WhatsApp or social messages behind an adapter; the name of its table is its name."""

    channel: WebhookChannel
    url: str = ""
    """Where messages of ours are posted to; empty: it only brings messages, and nobody can answer."""
    answers: Literal["bot", "never"] = "bot"
    """"bot": it answers like in the web chat; "never": people alone do."""
    queue: str = ""
    """Whose people answer, in their opening hours; empty: "main"."""
    language: Language = "es"
    sends_per_minute: int = Field(default=60, ge=1, le=10_000, strict=True)
    """Messages of ours; more wait."""
    takes_per_minute: int = Field(default=600, ge=1, le=100_000, strict=True)
    """Requests of the adapter; more are told to wait (429)."""

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value:
            parse_url(value)
        return value


class EventHookSection(SignedSection):
    """A program of the company's own, e.g. its CRM, that is told of facts; the name of its table is its name."""

    url: str
    facts: tuple[str, ...] = Field(min_length=1)
    """Types of facts, e.g. ["conversation_opened", "call_ended", "case_opened"]; `docs/channels.md` lists the usual."""
    personal: bool = Field(default=False, strict=True)
    """True: with names, numbers and words; false: these are left out, and whoever may know them asks the API."""

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        parse_url(value)
        return value

    @field_validator("facts")
    @classmethod
    def _are_facts(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in FACT_TYPES:
                raise ValueError(f"there is no fact {value!r}{nearest(value, FACT_TYPES)}")
        return values


class ChannelsSection(Section):
    """Text channels from outside."""

    mailboxes: dict[str, MailboxSection] = Field(default_factory=dict)
    """By name: tables `[channels.mailboxes.NAME]`."""
    webhooks: dict[str, WebhookSection] = Field(default_factory=dict)
    """By name: tables `[channels.webhooks.NAME]`; an adapter posts to /api/webhooks/NAME."""
    event_hooks: dict[str, EventHookSection] = Field(default_factory=dict)
    """By name: tables `[channels.event_hooks.NAME]`."""
    codes_from: str = ""
    """Mailbox that one-time codes and other notices go out from; empty: the only one, none where there are several."""

    @model_validator(mode="after")
    def _names_fit(self) -> ChannelsSection:
        for kind, names in (
            ("mailboxes", self.mailboxes),
            ("webhooks", self.webhooks),
            ("event_hooks", self.event_hooks),
        ):
            for name in names:
                if not _NAME.fullmatch(name):
                    raise ValueError(f"{kind}.{name}: the name must be letters, digits and . _ - alone")
        owners: dict[str, str] = {}
        for name, section in self.mailboxes.items():
            for address in (section.address, *section.aliases):
                if owners.setdefault(address.lower(), name) != name:
                    raise ValueError(f"mailboxes.{owners[address.lower()]} and mailboxes.{name} both have {address}")
        if self.codes_from and self.codes_from not in self.mailboxes:
            raise ValueError(f"codes_from names no mailbox{nearest(self.codes_from, self.mailboxes)}")
        return self

    @property
    def notices_from(self) -> str:
        """Name of the mailbox for codes and notices; empty for none."""
        return self.codes_from or (next(iter(self.mailboxes)) if len(self.mailboxes) == 1 else "")


def is_this_machine(host: str) -> bool:
    """Tell whether a server is on this machine."""
    return host in ("localhost", "::1") or host.startswith("127.")
