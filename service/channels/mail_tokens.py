"""Access tokens of a mailbox (OAuth 2): from a file, a command, or a token service; kept until shortly before they end.

Everything here blocks and may be called from any thread. Tokens are in memory alone.
"""

from __future__ import annotations

import logging
import re
import subprocess
import threading
from pathlib import Path

import httpx
from pydantic import BaseModel, Field, ValidationError

from calls.errors import CallCentreError
from calls.ports import Clock
from service.mail_oauth_config import MailOauthSection

logger = logging.getLogger(__name__)

TIMEOUT_S = 20.0
SPARE_MS = 60_000
"""A token is fetched anew so long before its end, so that it does not end on its way."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8000}")
"""Source: RFC 6750 section 2.1; Microsoft's have about 2,000 signs."""


class _Given(BaseModel):
    """What a token service answers (RFC 6749 section 5.1)."""

    access_token: str
    expires_in: int = Field(default=300, ge=0, le=86_400)


class MailTokens:
    """Of one mailbox."""

    def __init__(self, name: str, section: MailOauthSection, clock: Clock) -> None:
        """Fetch nothing yet."""
        self._name, self._section, self._clock = name, section, clock
        self._lock = threading.Lock()
        self._token, self._until_ms = "", 0

    def token(self) -> str:
        """Return a token that is good now.

        Raises:
            CallCentreError: `mail.no_token`; the sentence says what to look at.
        """
        with self._lock:
            if not self._token or self._clock.now_ms() >= self._until_ms:
                self._token, lasts_s = self._fetch()
                self._until_ms = self._clock.now_ms() + lasts_s * 1000 - SPARE_MS
            return self._token

    def refused(self) -> None:
        """The server did not take it: fetch another one next time."""
        with self._lock:
            self._token = ""

    def _fetch(self) -> tuple[str, int]:
        section = self._section
        if section.token_url:
            return self._ask()
        text = self._from_file() if section.token_file else self._from_command()
        return self._checked(text.strip().partition("\n")[0].strip()), 0

    def _from_file(self) -> str:
        try:
            return Path(self._section.token_file).expanduser().read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise self._error(f"its token_file {self._section.token_file} cannot be read") from error

    def _from_command(self) -> str:
        command = self._section.token_command
        try:
            done = subprocess.run(
                command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=TIMEOUT_S, text=True
            )
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
            raise self._error(f"its token_command {command[0]!r} failed ({type(error).__name__})") from error
        return done.stdout

    def _ask(self) -> tuple[str, int]:
        form = self._section.asks_for(f"the mailbox {self._name}")
        try:
            answer = httpx.post(self._section.token_url, data=form, timeout=TIMEOUT_S, follow_redirects=False)
        except httpx.HTTPError as error:
            raise self._error(f"its token_url cannot be reached ({type(error).__name__})") from error
        if answer.status_code != 200:
            raise self._error(f"its token_url answered {answer.status_code}: look at client_id, secret and scope")
        try:
            given = _Given.model_validate_json(answer.content)
        except ValidationError as error:
            raise self._error("its token_url answered without an access_token") from error
        return self._checked(given.access_token), given.expires_in

    def _checked(self, token: str) -> str:
        if not _TOKEN.fullmatch(token):
            raise self._error("what it got is no access token")
        return token

    def _error(self, why: str) -> CallCentreError:
        sentence = f"The mailbox {self._name} has no access token: {why}."
        return CallCentreError("mail.no_token", sentence, fault="operator", retryable=True)
