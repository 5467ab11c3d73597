"""How a mailbox signs in where passwords do not work any more (Gmail, Microsoft 365): access tokens, from where."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from service.config_section import Section
from service.config_values import secret_of


class MailOauthSection(Section):
    """`[channels.mailboxes.NAME.oauth]`: one of a file, a command, or a token service to ask."""

    token_file: str = ""
    """File that another program keeps an access token in; read at each sign-in."""
    token_command: tuple[str, ...] = ()
    """Program with its arguments, run without a shell, whose first line of output is an access token."""
    token_url: str = ""
    """Token service. Microsoft 365: https://login.microsoftonline.com/TENANT/oauth2/v2.0/token, Google:
    https://oauth2.googleapis.com/token."""
    client_id: str = Field(default="", max_length=500)
    client_secret: SecretStr = SecretStr("")
    client_secret_file: str = ""
    refresh_token: SecretStr = SecretStr("")
    """Of a person who agreed (Google); empty: the application itself is let in (Microsoft's client credentials)."""
    refresh_token_file: str = ""
    scope: str = Field(default="", max_length=500)
    """Microsoft 365: https://outlook.office365.com/.default, Google: https://mail.google.com/."""

    @field_validator("token_url")
    @classmethod
    def _is_encrypted(cls, url: str) -> str:
        parts = urlsplit(url)
        here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        if url and not ((parts.scheme == "https" and parts.hostname) or here):
            raise ValueError(f"{url!r} must begin with https://, since secrets go there")
        return url

    @model_validator(mode="after")
    def _is_one_way(self) -> MailOauthSection:
        ways = [bool(self.token_file), bool(self.token_command), bool(self.token_url)]
        if sum(ways) != 1:
            raise ValueError("needs one of token_file, token_command and token_url")
        if self.token_url and not self.client_id:
            raise ValueError("token_url needs client_id")
        for key in ("client_secret", "refresh_token"):
            if getattr(self, key).get_secret_value() and getattr(self, f"{key}_file"):
                raise ValueError(f"{key} and {key}_file are both there; leave one out")
        return self

    def asks_for(self, whose: str) -> dict[str, str]:
        """Return the form that is sent to the token service (RFC 6749 sections 4.4 and 6).

        Raises:
            CallCentreError: `config.unreadable` when a secret's file cannot be read.
        """
        refresh = secret_of(self.refresh_token, self.refresh_token_file, whose)
        form = {"grant_type": "refresh_token" if refresh else "client_credentials", "client_id": self.client_id}
        secret = secret_of(self.client_secret, self.client_secret_file, whose)
        optional = {"client_secret": secret, "refresh_token": refresh, "scope": self.scope}
        return form | {key: value for key, value in optional.items() if value}
