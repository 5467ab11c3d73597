"""Phones in the configuration: what the gateway is told, what is wrong is named, passwords are shown nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from records.phone_bindings import BindingTable
from service.call_store import open_store
from service.config import LoadedConfig, load_config
from service.phones_command import phones
from service.sip_line import describe_line, outbound, sip_settings
from telephony.outbound import Allowed, Denial, Denied
from telephony.sip.digest import account_hash
from tests.telephony.sip.test_phone_ways import HIDDEN_TCP, PROXIED

SECRET = "correct horse battery"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _load(folder: Path, text: str, environ: dict[str, str] | None = None) -> LoadedConfig:
    file = folder / "warmline.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ or {})


def test_when_phones_are_configured_then_the_gateway_gets_accounts_and_limits_without_passwords(tmp_path: Path) -> None:
    (tmp_path / "bob").write_text(SECRET + "\n")
    assert sip_settings(load_config(None, {}).config).digest_algorithms == ("MD5",)
    hashed = account_hash("MD5", "205", "desk.example", SECRET)
    loaded = _load(
        tmp_path,
        f"""
[telephony.sip]
realm = "desk.example"
digest_algorithms = ["SHA-256", "MD5"]
domains = ["SIP.example.com"]
phones_from = ["203.0.113.0/24"]
phones_min_expires_s = 30
phones_max_expires_s = 900
places_per_phone = 2
[telephony.sip.phones.alice]
password = "{SECRET}"
display_name = "Alice, second floor"
srtp = "dtls"
[telephony.sip.phones.bob]
user = "204"
password_file = "{tmp_path}/bob"
[telephony.sip.phones.carol]
user = "205"
ha1_md5 = "{hashed.upper()}"
""",
    )
    settings = sip_settings(loaded.config)
    alice, bob, carol = settings.phones
    assert (alice.name, alice.user, alice.display_name) == ("alice", "alice", "Alice, second floor")
    assert (alice.srtp, bob.srtp) == ("dtls", False)
    assert alice.hashes["SHA-256"] == account_hash("SHA-256", "alice", "desk.example", SECRET)
    assert bob.hashes["MD5"] == account_hash("MD5", "204", "desk.example", SECRET)
    assert dict(carol.hashes) == {"MD5": hashed}
    limits = settings.register_limits
    assert (limits.min_s, limits.max_s, limits.contacts) == (30, 900, 2)
    assert settings.digest_algorithms == ("SHA-256", "MD5")
    assert settings.domains == {"sip.example.com"}
    assert [str(item) for item in settings.phone_networks] == ["203.0.113.0/24"]
    said = describe_line(loaded.config, NOON)
    assert said.endswith(", phones alice, bob, carol (realm desk.example, MD5) from public networks too")
    shown = str(list(loaded.rows()))
    for secret in (SECRET, hashed, *alice.hashes.values()):
        assert secret not in shown + repr(settings) + repr(loaded.config) + said


async def test_when_a_phone_is_configured_then_it_may_be_called_and_others_may_not(tmp_path: Path) -> None:
    rules = outbound(_load(tmp_path, f'[telephony.sip.phones.alice]\npassword = "{SECRET}"\n').config)
    assert await rules.may_call("phone:alice", "call", NOON) == Allowed("", "", phone="alice")
    assert await rules.may_call("phone:bob", "call", NOON) == Denied(Denial.PHONE)
    assert await rules.may_call("phone:alice", "refer", NOON) == Denied(Denial.PHONE)


def test_when_a_password_comes_by_environment_then_it_is_taken_and_masked(tmp_path: Path) -> None:
    name = "WARMLINE__TELEPHONY__SIP__PHONES__ALICE__PASSWORD"
    loaded = _load(tmp_path, "", {name: "1234567890"})
    (alice,) = sip_settings(loaded.config).phones
    assert alice.hashes["MD5"] == account_hash("MD5", "alice", "warmline", "1234567890")
    rows = {key: (shown, origin) for key, shown, origin in loaded.rows()}
    assert rows["telephony.sip.phones.alice.password"] == ('"********"', f"env:{name}")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('[telephony.sip.phones.alice]\ndisplay_name = "A"\n', "config.bad_value", "needs password"),
        ('[telephony.sip.phones.alice]\npasword = "x"\n', "config.unknown_key", "phones.NAME.password"),
        ('[telephony.sip.phones.alice]\npassword = "short"\n', "config.bad_value", "at least 8"),
        ('[telephony.sip.phones.alice]\nuser = "reception"\npassword = "Reception1"\n', "config.bad_value", "its name"),
        (
            '[telephony.sip.phones.alice]\npassword = "12345678"\npassword_file = "x"\n',
            "config.bad_value",
            "leave one",
        ),
        ('[telephony.sip.phones.alice]\nha1_md5 = "12"\n', "config.bad_value", "32 hexadecimal digits"),
        ('[telephony.sip.phones.alice]\nha1_sha256 = "zz"\n', "config.bad_value", "64 hexadecimal digits"),
        (
            '[telephony.sip.phones.alice]\nuser = "a b"\npassword = "12345678"\n',
            "config.bad_value",
            "letters, digits",
        ),
        ('[telephony.sip.phones."a b"]\npassword = "longenough"\n', "config.bad_value", "letters, digits"),
        ('[telephony.sip]\nrealm = "a b"\n', "config.bad_value", "realm"),
        ('[telephony.sip]\nphones_from = ["everywhere"]\n', "config.bad_value", "no address or network"),
        ('[telephony.sip]\nphones_from = ["0.0.0.0/0"]\n', "config.bad_value", "there is no"),
        ('[telephony.sip]\ndomains = ["sip:x"]\n', "config.bad_value", "sip.example.com"),
        (
            "[telephony.sip]\nphones_min_expires_s = 600\nphones_max_expires_s = 60\n",
            "config.bad_value",
            "more than phones_max_expires_s",
        ),
        (
            '[telephony.sip.phones.a]\nuser = "1"\npassword = "longenough"\n'
            '[telephony.sip.phones.b]\nuser = "1"\npassword = "longenough"\n',
            "config.bad_value",
            "have the same user '1'",
        ),
        (
            f'[telephony.sip.phones.a]\nha1_md5 = "{"0" * 32}"\n[telephony.sip.phones.b]\nha1_sha256 = "{"0" * 64}"\n',
            "config.bad_value",
            "phones.b has no hash for MD5",
        ),
        ('[telephony.sip.trunks.c]\nserver = "x"\nmust_prove = true\n', "config.bad_value", "needs user and password"),
    ],
)
def test_when_a_phone_is_written_wrongly_then_the_message_says_how(
    text: str, code: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(CallCentreError) as wrong:
        _load(tmp_path, text)
    assert wrong.value.code == code
    assert said in wrong.value.message


def test_when_the_file_of_a_password_is_missing_or_holds_too_little_then_checking_names_the_phone(
    tmp_path: Path,
) -> None:
    text = f'[telephony.sip.phones.alice]\npassword_file = "{tmp_path}/secret"\n'
    with pytest.raises(CallCentreError, match="the phone alice cannot be read") as missing:
        describe_line(_load(tmp_path, text).config, NOON)
    assert missing.value.code == "config.unreadable"
    (tmp_path / "secret").write_text("short\n")
    with pytest.raises(CallCentreError, match=r"of the phone alice is not usable: .* at least 8") as short:
        describe_line(_load(tmp_path, text).config, NOON)
    assert short.value.code == "config.bad_value"
    (tmp_path / "secret").write_text("alice123\n")
    with pytest.raises(CallCentreError, match="must not be its name"):
        describe_line(_load(tmp_path, text).config, NOON)


def test_when_a_trunk_must_prove_itself_then_the_door_asks_for_its_user(tmp_path: Path) -> None:
    text = '[telephony.sip.trunks.pbx]\nserver = "10.0.0.9"\nuser = "u"\npassword = "p"\nmust_prove = true\n'
    settings = sip_settings(_load(tmp_path, text).config)
    (trunk,) = settings.door(lambda source: None).trunks
    assert (trunk.name, trunk.user, trunk.is_phone) == ("pbx", "u", False)
    assert trunk.hashes["MD5"] == account_hash("MD5", "u", "warmline", "p")


def test_when_phones_are_listed_then_each_says_where_it_is_and_for_how_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f'data_dir = "{tmp_path}/data"\n'
    config = _load(tmp_path, text).config
    assert phones(tmp_path / "warmline.toml") == 0
    assert "No phone is named" in capsys.readouterr().out
    both = "".join(f'[telephony.sip.phones.{name}]\npassword = "{SECRET}"\n' for name in ("alice", "bob"))
    config = _load(tmp_path, text + both).config
    store = open_store(config)
    now = datetime.now(UTC)
    binding = replace(HIDDEN_TCP, registered_utc=now, expires_utc=now + timedelta(seconds=90), user_agent="Desk 1.0")
    old = replace(binding, place="old", expires_utc=now)
    BindingTable(store).change("alice", lambda current: (binding, old))
    proxied = replace(PROXIED, phone="bob", registered_utc=now, expires_utc=now + timedelta(seconds=90))
    BindingTable(store).change("bob", lambda current: (proxied,))
    store.close()
    assert phones(tmp_path / "warmline.toml") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "alice: places: 1"
    assert said[1].startswith("    TCP 8.8.8.8:40000, behind a translator, for ")
    assert said[1].endswith(" s more, at 192.0.2.1:5060, Desk 1.0")
    assert said[2] == "bob: places: 1"
    assert said[3].startswith("    TCP 8.8.8.8:40000, behind a translator, called through the proxy, for ")
    assert len(said) == 4


def test_when_callers_shall_be_connected_to_a_phone_then_it_must_be_one_of_ours(tmp_path: Path) -> None:
    alice = f'[telephony.sip.phones.alice]\npassword = "{SECRET}"\n'
    for name, why in (("alice", None), ("carol", Denial.PHONE)):
        config = _load(tmp_path, f'[dial_plan]\ntransfer_to = "phone:{name}"\n{alice}').config
        assert outbound(config).denial(config.dial_plan.transfer_to, "transfer") is why
    with pytest.raises(CallCentreError, match="phone:alice"):
        _load(tmp_path, '[dial_plan]\ntransfer_to = "phone: alice"\n')
