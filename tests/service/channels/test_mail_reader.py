"""A mailbox read from a real Dovecot: each mail once, over breaks, restarts, crashes and new numbers."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from calls.errors import CallCentreError
from channels.places import Places
from records.store import EventStore
from service.channels import mail_imap, mail_reader
from service.channels.mail_imap import FetchedMail, ImapConnection
from service.channels.mail_reader import MailReader, Outcome
from service.channels_config import MailboxSection
from service.clock import SystemClock
from tests.channels.mail.samples import plain
from tests.mail_servers import PASSWORD, SUPPORT, MailServers, mail_servers, missing
from tests.waiting import eventually

pytestmark = pytest.mark.peer


def section(servers: MailServers, **settings: Any) -> MailboxSection:
    given: dict[str, Any] = {
        "address": SUPPORT,
        "imap_host": "localhost",
        "imap_port": servers.imaps,
        "password": SecretStr(PASSWORD),
        "ca_file": servers.ca,
        "poll_s": 1,
    }
    return MailboxSection(**{**given, **settings})


def mail(number: int, text: str = "Hola") -> bytes:
    return plain(text).replace(b"<1@example.net>", f"<{number}@example.net>".encode())


@dataclass
class Taker:
    """Takes mails, or fails as a test asks for."""

    got: list[FetchedMail] = field(default_factory=list)
    raises: list[Exception | None] = field(default_factory=list)
    outcome: Outcome = "taken"

    async def take(self, fetched: FetchedMail) -> Outcome:
        error = self.raises.pop(0) if self.raises else None
        if error is not None:
            raise error
        self.got.append(fetched)
        return self.outcome

    @property
    def ids(self) -> list[str]:
        return [each.raw.split(b"Message-ID: <")[1].split(b"@")[0].decode() for each in self.got]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    opened = EventStore.open_dir(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_reader, "BACK_OFF_S", (0.1, 0.2))
    monkeypatch.setattr(mail_reader, "WAITS_FOR_OTHER_S", 0.2)
    monkeypatch.setattr(mail_imap, "LOOK_EVERY_S", 0.2)


@contextlib.asynccontextmanager
async def reading(
    settings: MailboxSection, store: EventStore, taker: Taker, owner: str = "one"
) -> AsyncIterator[MailReader]:
    reader = MailReader("support", settings, SystemClock(), Places(store.engine, owner), taker.take)
    running = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        await reader.stop()
        await running
        await reader.close()


def seen(servers: MailServers) -> list[bool]:
    return ["\\Seen" in flags for _, flags in servers.mails(SUPPORT)]


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
async def test_when_mails_come_then_each_is_taken_once_in_order_and_marked(
    security: str, servers: MailServers, store: EventStore
) -> None:
    port = servers.imaps if security == "tls" else servers.imap
    servers.put(SUPPORT, mail(0), "\\Seen")  # somebody read it before there was a service
    servers.put(SUPPORT, mail(1))
    taker = Taker()
    async with reading(section(servers, imap_security=security, imap_port=port), store, taker):
        await eventually(lambda: taker.ids == ["1"])
        servers.put(SUPPORT, mail(2))
        servers.put(SUPPORT, mail(3), "\\Seen")  # another program looks at the mailbox too
        await eventually(lambda: taker.ids == ["1", "2", "3"])
        await eventually(lambda: all(seen(servers)))
    async with reading(section(servers), store, taker):
        servers.put(SUPPORT, mail(4))
        await eventually(lambda: taker.ids == ["1", "2", "3", "4"])


async def test_when_the_server_can_idle_then_a_mail_is_known_at_once(servers: MailServers, store: EventStore) -> None:
    taker = Taker()
    async with reading(section(servers, poll_s=3600), store, taker) as reader:
        await eventually(lambda: not is_new(store))
        await asyncio.sleep(0.5)
        servers.put(SUPPORT, mail(1))
        await eventually(lambda: taker.ids == ["1"], most_s=3.0)
        assert reader.trouble is None


async def test_when_the_server_cannot_idle_then_it_is_looked_at(tmp_path: Path, store: EventStore) -> None:
    with mail_servers(idle=False) as old:
        if old is None:
            pytest.skip(f"needs mail servers (apt-get install {missing()})")
        taker = Taker()
        connection = ImapConnection("support", section(old), SystemClock())
        assert not connection.has_idle
        connection.close()
        async with reading(section(old), store, taker):
            await eventually(lambda: not is_new(store))
            old.put(SUPPORT, mail(1))
            await eventually(lambda: taker.ids == ["1"])


async def test_when_the_server_restarts_then_reading_goes_on_and_nothing_is_taken_twice(
    servers: MailServers, store: EventStore
) -> None:
    taker = Taker()
    async with reading(section(servers), store, taker) as reader:
        servers.put(SUPPORT, mail(1))
        await eventually(lambda: taker.ids == ["1"])
        servers.stop("dovecot")
        await eventually(lambda: reader.trouble is not None)
        assert reader.trouble is not None
        assert reader.trouble.code == "mail.unreachable"
        servers.start("dovecot")
        servers.put(SUPPORT, mail(2))
        await eventually(lambda: taker.ids == ["1", "2"])
        assert reader.trouble is None


async def test_when_nothing_can_be_written_then_the_mail_waits_unseen_and_is_taken_later(
    servers: MailServers, store: EventStore
) -> None:
    away = CallCentreError("database.unreachable", "Not now.", fault="operator", retryable=True)
    servers.put(SUPPORT, mail(1))
    servers.put(SUPPORT, mail(2))
    taker = Taker(raises=[None, away, away])
    async with reading(section(servers), store, taker) as reader:
        await eventually(lambda: reader.trouble is away)
        assert taker.ids == ["1"]
        await eventually(lambda: taker.ids[-1] == "2")
        await eventually(lambda: all(seen(servers)))
    # The mailbox was new, so that its place was only kept after all: what came before the break came again.
    assert Counter(taker.ids)["2"] == 1


async def test_when_a_mail_can_never_be_taken_then_it_stays_unseen_and_the_next_is_taken(
    servers: MailServers, store: EventStore
) -> None:
    wrong = CallCentreError("mail.odd", "No.", fault="us")
    taker = Taker()
    async with reading(section(servers), store, taker):
        await eventually(lambda: not is_new(store))
        taker.raises = [wrong] * mail_reader.MOST_TRIES
        servers.put(SUPPORT, mail(1))
        servers.put(SUPPORT, mail(2))
        await eventually(lambda: taker.ids == ["2"])
        await eventually(lambda: seen(servers) == [False, True])


async def test_when_the_process_dies_before_the_place_is_kept_then_the_mail_comes_again(
    servers: MailServers, store: EventStore
) -> None:
    """What was taken is known by its Message-ID to whoever takes it; here it is only seen that none is lost."""
    taker = Taker()
    async with reading(section(servers), store, taker):
        await eventually(lambda: not is_new(store))
    place = Places(store.engine, "two").take("mailbox:support", SystemClock().now_utc())
    assert place is not None
    servers.put(SUPPORT, mail(1))
    async with reading(section(servers), store, taker, owner="two"):
        await eventually(lambda: taker.ids == ["1"])
    Places(store.engine, "two").take("mailbox:support", SystemClock().now_utc())
    Places(store.engine, "two").move("mailbox:support", place.epoch, place.reached, SystemClock().now_utc())
    async with reading(section(servers), store, taker, owner="two"):
        await eventually(lambda: taker.ids == ["1", "1"])


async def test_when_the_server_numbers_anew_then_recent_mails_are_read_again_and_new_ones_found(
    servers: MailServers, store: EventStore
) -> None:
    servers.put(SUPPORT, mail(1))
    taker = Taker()
    async with reading(section(servers), store, taker):
        await eventually(lambda: taker.ids == ["1"])
    servers.renumber(SUPPORT)
    servers.put(SUPPORT, mail(2), "\\Seen")
    async with reading(section(servers), store, taker):
        await eventually(lambda: taker.ids[1:] == ["1", "2"])
        servers.put(SUPPORT, mail(3))
        await eventually(lambda: taker.ids[1:] == ["1", "2", "3"])


async def test_when_two_processes_read_then_one_does_and_the_other_takes_over(
    servers: MailServers, store: EventStore
) -> None:
    one, two = Taker(), Taker()
    async with reading(section(servers), store, one, "one"):
        await eventually(lambda: not is_new(store))
        async with reading(section(servers), store, two, "two"):
            servers.put(SUPPORT, mail(1))
            await eventually(lambda: one.ids == ["1"])
            assert two.ids == []
    async with reading(section(servers), store, two, "two"):
        servers.put(SUPPORT, mail(2))
        await eventually(lambda: two.ids == ["2"])


async def test_when_a_mail_is_huge_then_only_its_headers_are_fetched(servers: MailServers, store: EventStore) -> None:
    servers.put(SUPPORT, mail(1, "x" * 1_100_000))
    taker = Taker(outcome="left")
    async with reading(section(servers, largest_mb=1), store, taker):
        await eventually(lambda: taker.ids == ["1"])

    assert not taker.got[0].is_whole
    assert len(taker.got[0].raw) < 2_000
    assert seen(servers) == [False]


async def test_when_a_filter_marked_a_mail_then_it_is_known(servers: MailServers, store: EventStore) -> None:
    servers.put(SUPPORT, mail(1), "$Junk")
    taker = Taker()
    async with reading(section(servers), store, taker):
        await eventually(lambda: len(taker.got) == 1)

    assert taker.got[0].is_spam


async def test_when_the_program_is_at_fault_with_one_mail_then_the_others_are_taken(
    servers: MailServers, store: EventStore
) -> None:
    taker = Taker()
    async with reading(section(servers), store, taker):
        await eventually(lambda: not is_new(store))
        taker.raises = [ZeroDivisionError()] * mail_reader.MOST_TRIES
        servers.put(SUPPORT, mail(1))
        servers.put(SUPPORT, mail(2))
        await eventually(lambda: taker.ids == ["2"])
        await eventually(lambda: seen(servers) == [False, True])


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"password": SecretStr("wrong")}, "mail.login"),
        ({"ca_file": ""}, "mail.bad_certificate"),
        ({"imap_host": "127.0.0.2"}, "mail.unreachable"),
        ({"imap_security": "starttls"}, "mail.unreachable"),
        ({"folder": "No/Such"}, "mail.unreachable"),
        ({"ca_file": "/no/such/file"}, "channels.bad_ca"),
    ],
)
def test_when_a_mailbox_cannot_be_opened_then_the_sentence_says_why(
    settings: dict[str, Any], code: str, servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_imap, "CONNECT_S", 1.0)
    monkeypatch.setattr(mail_imap, "READ_S", 1.0)
    with pytest.raises(CallCentreError) as raised:
        ImapConnection("support", section(servers, **settings), SystemClock())

    assert raised.value.code == code
    assert PASSWORD not in raised.value.message


def is_new(store: EventStore) -> bool:
    place = Places(store.engine, "one").take("mailbox:support", SystemClock().now_utc())
    return place is None or place.is_new
