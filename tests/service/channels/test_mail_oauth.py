"""Mailboxes without a password: access tokens of a real token service over HTTP, taken by a real Dovecot and Exim."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr, ValidationError

from calls.errors import CallCentreError
from records.keys import MasterKey
from service.channels.files import MessageFiles
from service.channels.mail_imap import ImapConnection
from service.channels.mail_port import MailParts, MailPort
from service.channels.mail_tokens import MailTokens
from service.channels_config import MailboxSection
from service.clock import SystemClock
from service.config import load_config
from service.mail_oauth_config import MailOauthSection
from tests.mail_servers import ANA, SUPPORT, MailServers, mail_servers, missing
from tests.service.channels.test_mail_port import ANSWER
from tests.waiting import eventually

TOKEN = "ya29.token-of-the-tests_1"


@dataclass
class TokenService:
    """Gives tokens to an application, and tells mail servers whose they are."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    gives: str = TOKEN
    status: int = 200
    lasts_s: int = 3600


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenService]:
    """A token service on loopback."""
    service = TokenService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()).items()}
            if self.path == "/introspect":
                good = form.get("token") == TOKEN
                status, told = 200, {"active": good, **({"email": SUPPORT} if good else {})}
            else:
                service.asked.append(form)
                status = service.status
                told = {"access_token": service.gives, "token_type": "Bearer", "expires_in": service.lasts_s}
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- named by http.server
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def usual(tokens: TokenService) -> None:
    """Let the service be as it is usually."""
    tokens.asked.clear()
    tokens.gives, tokens.status, tokens.lasts_s = TOKEN, 200, 3600


@pytest.fixture(scope="module")
def servers(tokens: TokenService) -> Iterator[MailServers]:
    """Mail servers that take tokens."""
    with mail_servers(introspection_url=f"{tokens.url}/introspect", token=TOKEN) as running:
        if running is None:
            pytest.skip(f"needs mail servers (apt-get install {missing()})")
        yield running


def oauth(tokens: TokenService, **more: Any) -> MailOauthSection:
    given = {"token_url": f"{tokens.url}/token", "client_id": "warmline", "client_secret": SecretStr("s3")}
    return MailOauthSection(**{**given, "scope": "https://outlook.office365.com/.default", **more})


def mailbox(servers: MailServers, section: MailOauthSection) -> MailboxSection:
    return MailboxSection(
        address=SUPPORT,
        imap_host="localhost",
        imap_port=servers.imaps,
        smtp_host="localhost",
        smtp_port=servers.smtp,
        ca_file=servers.ca,
        oauth=section,
    )


def port(section: MailboxSection, folder: Path) -> MailPort:
    parts = MailParts(
        clock=SystemClock(),
        company="Lumina",
        mark=lambda text, use: f"{abs(hash((text, use))):064x}"[-64:],
        files=MessageFiles(folder, MasterKey(bytes(32))),
    )
    return MailPort("support", section, parts)


@pytest.mark.peer
async def test_when_a_mailbox_has_an_application_then_it_reads_and_sends_by_access_tokens(
    servers: MailServers, tokens: TokenService, tmp_path: Path
) -> None:
    section = mailbox(servers, oauth(tokens))
    connection = ImapConnection("support", section, SystemClock())
    connection.close()
    await port(section, tmp_path).send(replace(ANSWER, attachments=()))

    await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
    assert [form["grant_type"] for form in tokens.asked] == ["client_credentials"] * 2
    assert tokens.asked[0] == {
        "grant_type": "client_credentials",
        "client_id": "warmline",
        "client_secret": "s3",
        "scope": "https://outlook.office365.com/.default",
    }


@pytest.mark.peer
async def test_when_a_token_is_not_taken_then_it_is_said_and_another_one_is_fetched_next_time(
    servers: MailServers, tokens: TokenService, tmp_path: Path
) -> None:
    section, clock = mailbox(servers, oauth(tokens)), SystemClock()
    assert section.oauth is not None
    kept = MailTokens("support", section.oauth, clock)
    sender = port(section, tmp_path)
    tokens.gives = "a-token-of-somebody-else"
    with pytest.raises(CallCentreError) as raised:
        ImapConnection("support", section, clock, kept)
    assert (raised.value.code, raised.value.retryable) == ("mail.login", True)
    assert "oauth" in raised.value.message
    with pytest.raises(CallCentreError) as refused:
        await sender.send(replace(ANSWER, attachments=()))
    assert refused.value.code == "mail.login"

    tokens.gives = TOKEN
    ImapConnection("support", section, clock, kept).close()
    assert len(tokens.asked) == 3


def test_when_a_token_is_good_for_a_while_then_it_is_fetched_once(tokens: TokenService) -> None:
    kept = MailTokens("support", oauth(tokens, refresh_token=SecretStr("r1")), SystemClock())
    assert [kept.token(), kept.token()] == [TOKEN, TOKEN]
    assert [(form["grant_type"], form["refresh_token"]) for form in tokens.asked] == [("refresh_token", "r1")]
    tokens.lasts_s = 30
    soon = MailTokens("support", oauth(tokens), SystemClock())
    assert [soon.token(), soon.token()] == [TOKEN, TOKEN]
    assert len(tokens.asked) == 3, "what ends within a minute is fetched anew"


def test_when_tokens_come_from_a_file_or_a_command_then_the_newest_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    of_file = MailTokens("support", MailOauthSection(token_file=str(file)), SystemClock())
    assert of_file.token() == "first"
    file.write_text("second\n")
    assert of_file.token() == "second"
    command = (sys.executable, "-c", "print('third'); print('more')")
    assert MailTokens("support", MailOauthSection(token_command=command), SystemClock()).token() == "third"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (MailOauthSection(token_file="/nowhere"), "cannot be read"),
        (MailOauthSection(token_command=("/nowhere",)), "failed"),
        (MailOauthSection(token_command=(sys.executable, "-c", "raise SystemExit(3)")), "failed"),
        (MailOauthSection(token_command=(sys.executable, "-c", "print('no token')")), "no access token"),
        (MailOauthSection(token_url="http://127.0.0.1:9/token", client_id="x"), "cannot be reached"),
    ],
)
def test_when_there_is_no_token_then_it_is_said_why(section: MailOauthSection, words: str) -> None:
    with pytest.raises(CallCentreError, match=words) as raised:
        MailTokens("support", section, SystemClock()).token()
    assert (raised.value.code, raised.value.retryable) == ("mail.no_token", True)


def test_when_the_token_service_refuses_then_its_answer_is_not_shown(tokens: TokenService) -> None:
    tokens.status = 400
    with pytest.raises(CallCentreError, match="answered 400"):
        MailTokens("support", oauth(tokens), SystemClock()).token()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"token_file": "a", "token_command": ("b",)},
        {"token_url": "https://a.example/"},
        {"token_url": "http://a.example/", "client_id": "x"},
        {"token_url": "https://a.example/", "client_id": "x", "client_secret": "s", "client_secret_file": "f"},
    ],
)
def test_when_the_way_to_a_token_is_wrong_then_the_configuration_says_so(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MailOauthSection(**wrong)


def test_when_a_mailbox_signs_in_by_tokens_then_the_configuration_takes_it_without_a_password(tmp_path: Path) -> None:
    file = tmp_path / "warmline.toml"
    file.write_text(
        '[channels.mailboxes.support]\naddress = "support@example.com"\nimap_host = "outlook.office365.com"\n'
        '[channels.mailboxes.support.oauth]\ntoken_url = "https://login.example/t"\nclient_id = "x"\n'
    )
    section = load_config(file).config.channels.mailboxes["support"]
    assert section.oauth is not None
    assert section.smtp_tokens
    file.write_text(file.read_text().replace("imap_host", 'password = "x"\nimap_host'))
    with pytest.raises(CallCentreError, match="leave one out"):
        load_config(file)
