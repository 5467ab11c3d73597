from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import CallCentreError
from service.config import LoadedConfig, load_config

MAILBOX = """
[channels.mailboxes.support]
address = "support@lumina.example"
imap_host = "imap.lumina.example"
password = "hunter2hunter2"
"""
WEBHOOK = """
[channels.webhooks.wa]
channel = "whatsapp"
url = "https://adapter.example/in"
secret = "0123456789abcdef0123456789abcdef"
"""


def load(tmp_path: Path, text: str) -> LoadedConfig:
    file = tmp_path / "warmline.toml"
    file.write_text(text)
    return load_config(file, {"WARMLINE__CHANNELS__WEBHOOKS__WA__OLD_SECRET": "x" * 24} if "webhooks" in text else {})


def test_when_channels_are_configured_then_every_setting_is_shown_and_secrets_are_not(tmp_path: Path) -> None:
    rows = {key: value for key, value, _ in load(tmp_path, MAILBOX + WEBHOOK).rows()}

    assert rows["channels.mailboxes.support.answers"] == '"draft"'
    assert rows["channels.mailboxes.support.password"] == '"********"'
    assert rows["channels.webhooks.wa.secret"] == '"********"'
    assert rows["channels.webhooks.wa.old_secret"] == '"********"'
    assert "hunter2" not in str(rows)


def test_when_a_mailbox_is_sparse_then_ports_accounts_and_servers_follow(tmp_path: Path) -> None:
    section = load(tmp_path, MAILBOX).config.channels.mailboxes["support"]

    assert (section.incoming_port, section.outgoing_port) == (993, 587)
    assert section.outgoing_host == "imap.lumina.example"
    assert section.account == "support@lumina.example"
    assert section.smtp_login("support") == ("support@lumina.example", "hunter2hunter2")
    assert section.rules("support").ours == ("support@lumina.example",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MAILBOX.replace("support@lumina.example", "support"), "no address like"),
        (MAILBOX + 'imap_security = "none"\n', "sends the password in clear"),
        (MAILBOX.replace("password = ", "#"), "needs password"),
        (MAILBOX + 'password_file = "/x"\n', "leave one out"),
        (MAILBOX + MAILBOX.replace("boxes.support", "boxes.other"), "both have support@lumina.example"),
        (MAILBOX + 'answers = "always"\n', "'draft', 'sure' or 'never'"),
        (MAILBOX.replace("boxes.support", 'boxes."a b"'), "letters, digits"),
        (MAILBOX + "[channels]\ncodes_from = 'suport'\n", "did you mean 'support'"),
        (WEBHOOK.replace("0123456789abcdef0123456789abcdef", "short"), "at least 24 characters"),
        (WEBHOOK.replace("secret", "#"), "needs secret"),
        (WEBHOOK.replace("https://", "ftp://"), "must be an address"),
        (WEBHOOK.replace('"whatsapp"', '"pigeon"'), "'sms', 'whatsapp' or 'social'"),
        (
            '[channels.event_hooks.crm]\nurl="https://x.example/"\nsecret="0123456789abcdef01234567"\nfacts=["case_opend"]',
            "did you mean 'case_opened'",
        ),
        (MAILBOX + "imap_prt = 993\n", "imap_port"),
    ],
)
def test_when_a_setting_is_wrong_then_the_sentence_says_what_to_do(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(CallCentreError) as raised:
        load(tmp_path, text)

    assert says in raised.value.message
    assert "hunter2" not in raised.value.message


def test_when_a_server_of_this_machine_is_used_then_it_needs_no_encryption(tmp_path: Path) -> None:
    text = MAILBOX.replace("imap.lumina.example", "localhost") + 'imap_security = "none"\nsmtp_security = "none"\n'

    assert load(tmp_path, text).config.channels.mailboxes["support"].outgoing_port == 25
