"""Sections of the configuration about the phones of agents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import Field, SecretStr, field_validator, model_validator

from calls.errors import CallCentreError
from service.config_section import Section
from service.config_values import SrtpValue, secret_of
from telephony.sip.accounts import Account, password_hashes
from telephony.sip.digest import Algorithm

LEAST_CHARS = 8
"""Of a phone's password. Source: NIST SP 800-63B section 3.1.1.2; guessing is slowed to 2,880 tries a day besides."""
_USER = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_HASH_DIGITS = {"ha1_md5": 32, "ha1_sha256": 64}


class PhoneSection(Section):
    """A phone that registers here; the name of its table is its name."""

    user: str = ""
    """Its user name, also of the digest; empty: the name of the table."""
    password: SecretStr = SecretStr("")
    password_file: str = ""
    """File with the password instead, e.g. a container's secret."""
    ha1_sha256: SecretStr = SecretStr("")
    """SHA-256 of "user:realm:password" instead of the password, 64 hexadecimal digits; for `digest_algorithms`."""
    ha1_md5: SecretStr = SecretStr("")
    """MD5 of the same, 32 digits."""
    display_name: str = Field(default="", max_length=64)
    """Whom a call from it shows."""
    srtp: SrtpValue = False
    """Encrypt calls to it, or do not place them, for phones on TLS: true with keys in the signalling (SDES), "dtls" by
    DTLS-SRTP. What it calls in encrypted is always taken so, either way."""

    @field_validator("user")
    @classmethod
    def _is_user(cls, value: str) -> str:
        if value and not _USER.fullmatch(value):
            raise ValueError('must be letters, digits and . _ + - alone, for example "alice" or "205"')
        return value

    @field_validator("ha1_sha256", "ha1_md5")
    @classmethod
    def _is_hash(cls, value: SecretStr, info) -> SecretStr:  # type: ignore[no-untyped-def]
        digits = _HASH_DIGITS[info.field_name]
        if value.get_secret_value() and not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", value.get_secret_value()):
            raise ValueError(f"must be {digits} hexadecimal digits")
        return value

    @model_validator(mode="after")
    def _has_one_secret(self) -> PhoneSection:
        hashed = bool(self.ha1_sha256.get_secret_value() or self.ha1_md5.get_secret_value())
        given = [bool(self.password.get_secret_value()), bool(self.password_file), hashed]
        if not any(given):
            raise ValueError("needs password, password_file or ha1_md5: nobody registers without")
        if sum(given) > 1:
            raise ValueError("password, password_file and ha1_... are several secrets; leave one")
        if given[0]:
            check_password(self.password.get_secret_value(), self.user)
        return self

    def can(self, algorithm: Algorithm) -> bool:
        """True when it can be asked for this: with a password for everything, else for what it has a hash for."""
        given = {"SHA-256": self.ha1_sha256, "MD5": self.ha1_md5}
        hashed = {kind for kind, value in given.items() if value.get_secret_value()}
        return not hashed or algorithm in hashed

    def account(self, name: str, realm: str) -> Account:
        """Return what the gateway is told.

        Raises:
            CallCentreError: `config.unreadable` when the password's file cannot be read, `config.bad_value` when what
                stands there is none.
        """
        user = self.user or name
        given: dict[Algorithm, str] = {
            "SHA-256": self.ha1_sha256.get_secret_value().lower(),
            "MD5": self.ha1_md5.get_secret_value().lower(),
        }
        hashes = {kind: value for kind, value in given.items() if value}
        if not hashes:
            password = secret_of(self.password, self.password_file, f"the phone {name}")
            try:
                check_password(password, user)
            except ValueError as error:
                raise CallCentreError(
                    "config.bad_value", f"The password of the phone {name} is not usable: {error}.", fault="operator"
                ) from error
            hashes = password_hashes(user, realm, password)
        return Account(name, user, hashes, self.display_name, srtp=self.srtp)


def check_password(password: str, user: str) -> None:
    """Refuse a password that is tried first.

    Raises:
        ValueError: It is too short, or the user's name.
    """
    if len(password) < LEAST_CHARS:
        raise ValueError(
            f"a password of a phone has at least {LEAST_CHARS} characters; make one with `openssl rand -hex 12`"
        )
    if user and user.lower() in password.lower() and len(password) < 2 * len(user):
        raise ValueError("the password of a phone must not be its name")


def check_phones(phones: Mapping[str, PhoneSection], algorithms: Sequence[Algorithm]) -> None:
    """Refuse phones that could not be told apart or asked.

    Raises:
        ValueError: Two have one user, a name cannot be one, or no algorithm is left that all can do.
    """
    users: dict[str, str] = {}
    for name, section in phones.items():
        if not _USER.fullmatch(name):
            raise ValueError(f"phones.{name}: the name must be letters, digits and . _ + - alone")
        user = section.user or name
        if user in users:
            raise ValueError(f"phones.{users[user]} and phones.{name} have the same user {user!r}")
        users[user] = name
    for kind in algorithms:
        if all(section.can(kind) for section in phones.values()):
            return
    lacking = next((name for name, section in phones.items() if not section.can(algorithms[0])), "")
    if lacking:
        raise ValueError(
            f"all phones are asked for the same, {' or '.join(algorithms)}, and phones.{lacking} has no hash for "
            f"{algorithms[0]}; give it that, or set digest_algorithms"
        )
