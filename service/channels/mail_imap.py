"""One connection to an IMAP server. Everything here blocks; `mail_reader` runs it in a thread of its own.

Nothing is marked, moved or deleted but by `mark_seen`, which is called after the facts are written.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from calls.errors import CallCentreError
from calls.ports import Clock
from channels.places import Place
from service.channels.mail_tokens import MailTokens
from service.channels.tls import explained, tls_context
from service.channels_config import MailboxSection

CONNECT_S, READ_S = 10.0, 60.0
IDLE_MS = 540_000
"""How long one IDLE lasts at most. Source: RFC 2177 wants less than 29 minutes; routers forget sooner."""
LOOK_EVERY_S = 1.0
"""How often a waiting thread looks whether it shall end."""
LOOK_BACK = timedelta(days=2)
"""How far before its last place a mailbox whose numbers changed is read again: time zones, wrong clocks."""
BROKEN = (IMAPClientError, OSError, LookupError, ValueError, AttributeError, TypeError, AssertionError, StopIteration)
"""What the library raises when a server breaks off or says something odd; StopIteration never leaves a thread."""
SPAM_FLAGS = frozenset({b"$junk", b"junk", b"\\junk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMail:
    """A mail as it lies on the server."""

    uid: int
    size_bytes: int
    raw: bytes
    """All of it; the headers alone when it is larger than what was asked for."""
    is_whole: bool
    is_spam: bool
    """Somebody's filter put the flag of junk on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What there is to take."""

    epoch: int
    """UIDVALIDITY: numbers of another epoch mean nothing."""
    uids: tuple[int, ...]
    in_order: bool
    """True: the place may be moved on with each; false: only when all are taken."""
    last: int
    """The highest number of the folder."""


class ImapConnection:
    """An open, signed-in connection to one folder. Create, use, `close`."""

    def __init__(self, name: str, section: MailboxSection, clock: Clock, tokens: MailTokens | None = None) -> None:
        """Connect and sign in; `tokens` are those of the mailbox, where others use them too.

        Raises:
            CallCentreError: `mail.*`; the sentence says what to do.
        """
        self._section, self._clock = section, clock
        if tokens is None and section.oauth is not None:
            tokens = MailTokens(name, section.oauth, clock)
        self.server = f"{section.imap_host}:{section.incoming_port}"
        context = tls_context(section.ca_file)
        over_tls = section.imap_security == "tls"
        client: IMAPClient | None = None
        try:
            client = IMAPClient(
                section.imap_host,
                section.incoming_port,
                ssl=over_tls,
                ssl_context=context if over_tls else None,
                timeout=SocketTimeout(CONNECT_S, READ_S),
            )
            if section.imap_security == "starttls":
                client.starttls(context)
            if tokens is not None:
                client.oauth2_login(section.account, tokens.token())
            else:
                client.login(section.account, section.imap_password(name))
            self.has_idle = section.idle and bool(client.has_capability("IDLE"))
            client.select_folder(section.folder)
        except CallCentreError:
            _shut(client)
            raise
        except LoginError as error:
            _shut(client)
            if tokens is not None:
                tokens.refused()
            what = "user and password" if tokens is None else "user, oauth and its scope"
            raise CallCentreError(
                "mail.login",
                f"The mail server {self.server} does not let the mailbox {name} in: look at its {what}.",
                fault="operator",
                retryable=True,
            ) from error
        except BROKEN as error:
            _shut(client)
            raise self._explained(error) from error
        self._client = client

    def look(self, place: Place) -> Waiting:
        """Return what lies there beyond a place.

        Raises:
            CallCentreError: `mail.*`.
        """
        try:
            chosen = self._client.select_folder(self._section.folder)
            epoch, following = int(chosen[b"UIDVALIDITY"]), int(chosen.get(b"UIDNEXT", 1))
            if place.is_new:
                uids = self._client.search(["UNSEEN", "UNDELETED"])
            elif place.epoch != epoch:
                since = (place.moved_at - LOOK_BACK).date()
                uids = self._client.search(["UNDELETED", "SINCE", since])
            else:
                found = self._client.search(["UNDELETED", "UID", f"{place.reached + 1}:*"])
                uids = [uid for uid in found if uid > place.reached]  # "n:*" always has the last one
        except BROKEN as error:
            raise self._explained(error) from error
        in_order = not place.is_new and place.epoch == epoch
        last = max([following - 1, *uids])
        return Waiting(epoch=epoch, uids=tuple(sorted(uids)), in_order=in_order, last=last)

    def fetch(self, uid: int, largest_bytes: int) -> FetchedMail | None:
        """Return a mail without marking it; None when it is gone.

        Raises:
            CallCentreError: `mail.*`.
        """
        try:
            about = self._client.fetch([uid], ["RFC822.SIZE", "FLAGS"]).get(uid)
            if about is None:
                return None
            size = int(about[b"RFC822.SIZE"])
            wanted = "BODY.PEEK[]" if size <= largest_bytes else "BODY.PEEK[HEADER]"
            got = self._client.fetch([uid], [wanted]).get(uid, {})
        except BROKEN as error:
            raise self._explained(error) from error
        whole = size <= largest_bytes
        raw = got.get(b"BODY[]" if whole else b"BODY[HEADER]")
        if not isinstance(raw, bytes):
            return None
        flags = {flag.lower() for flag in about.get(b"FLAGS", ()) if isinstance(flag, bytes)}
        return FetchedMail(uid=uid, size_bytes=size, raw=raw, is_whole=whole, is_spam=bool(flags & SPAM_FLAGS))

    def mark_seen(self, uid: int) -> None:
        """Say that a mail was taken.

        Raises:
            CallCentreError: `mail.*`.
        """
        try:
            self._client.add_flags([uid], [b"\\Seen"], silent=True)
        except BROKEN as error:
            raise self._explained(error) from error

    def wait(self, stopping: threading.Event) -> None:
        """Return when something came, when it is time to look again, or soon after `stopping` is set.

        Raises:
            CallCentreError: `mail.*` when the connection is lost.
        """
        try:
            if self.has_idle:
                self._idle(stopping)
            else:
                stopping.wait(self._section.poll_s)
                if not stopping.is_set():
                    self._client.noop()
        except BROKEN as error:
            raise self._explained(error) from error

    def close(self) -> None:
        """Sign out, or just let go."""
        _shut(self._client)

    def _idle(self, stopping: threading.Event) -> None:
        self._client.idle()
        until_ms = self._clock.now_ms() + min(IDLE_MS, self._section.poll_s * 1000)
        while not stopping.is_set() and self._clock.now_ms() < until_ms:
            began_ms = self._clock.now_ms()
            told = self._client.idle_check(timeout=LOOK_EVERY_S)
            if any(len(item) > 1 and item[1] in (b"EXISTS", b"RECENT") for item in told):
                break
            if not told and self._clock.now_ms() - began_ms < LOOK_EVERY_S * 900:
                break  # readable, and nothing there: the server closed it, which the next command tells
        self._client.idle_done()

    def _explained(self, error: BaseException) -> CallCentreError:
        return explained(error, self.server)


def _shut(client: IMAPClient | None) -> None:
    if client is None:
        return
    try:
        client.logout()
    except BROKEN:
        try:
            client.shutdown()
        except BROKEN:
            return
