"""Trunks in the configuration: the examples of the manual are loaded, wrong values are told, secrets are masked."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from service.config import LoadedConfig, load_config
from service.sip_line import outbound, sip_settings
from telephony.outbound import Allowed, Denied
from telephony.sip.uri import SipUri

MANUAL = Path(__file__).parents[2] / "docs" / "carriers.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _load(folder: Path, text: str, environ: dict[str, str] | None = None) -> LoadedConfig:
    file = folder / "warmline.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ or {})


def test_when_the_manual_is_read_then_it_has_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
async def test_when_an_example_of_the_manual_is_loaded_then_the_gateway_takes_it(number: int, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret of some length\n")
    loaded = _load(tmp_path, re.sub(r"/run/secrets/\w+", str(secret), EXAMPLES[number]))
    settings = sip_settings(loaded.config)
    for trunk in settings.trunks:
        assert isinstance(trunk.server, SipUri)
        if trunk.register:
            assert trunk.credentials is not None
            assert trunk.registration().user == trunk.user
    assert isinstance(await outbound(loaded.config).may_call("112", "call", NOON), Denied)


async def test_when_the_carriers_example_is_used_then_numbers_go_out_as_it_wants_them(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    config = _load(tmp_path, EXAMPLES[0].replace("/run/secrets/carrier", str(secret))).config
    (trunk,) = sip_settings(config).trunks
    assert trunk.credentials is not None
    assert trunk.credentials.password == "s3cret"
    assert str(trunk.target("+34600123456")) == "sip:0034600123456@sip.carrier.example"
    assert trunk.caller_dialled == "0034910000000"
    assert trunk.knows("203.0.113.65")
    assert not trunk.knows("203.0.113.80")
    assert await outbound(config).may_call("600 123 456", "call", NOON) == Allowed("+34600123456", "carrier")


async def test_when_nothing_is_configured_then_there_is_no_trunk_and_nothing_is_called() -> None:
    config = load_config(None, {}).config
    assert sip_settings(config).trunks == ()
    assert not sip_settings(config).accept_unknown
    assert isinstance(await outbound(config).may_call("600123456", "call", NOON), Denied)


def test_when_a_password_comes_by_environment_then_it_is_text_and_masked(tmp_path: Path) -> None:
    text = '[telephony.sip.trunks.carrier]\nserver = "sip.example"\nuser = "u"\n'
    loaded = _load(tmp_path, text, {"WARMLINE__TELEPHONY__SIP__TRUNKS__CARRIER__PASSWORD": "12345"})
    (trunk,) = sip_settings(loaded.config).trunks
    assert trunk.credentials is not None
    assert trunk.credentials.password == "12345"
    rows = {key: shown for key, shown, _ in loaded.rows()}
    assert rows["telephony.sip.trunks.carrier.password"] == '"********"'
    assert "12345" not in repr(trunk)
    assert "12345" not in repr(loaded.config)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ('servr = "x"', "config.unknown_key", "trunks.NAME.server"),
        ('server = "sip:a b"', "config.bad_value", "no server"),
        ('server = "x"\nregister = true', "config.bad_value", "needs user"),
        ('server = "x"\naddresses = ["10.0.0.1/8"]', "config.bad_value", "no address or network"),
        ('server = "x"\nnumbers_out = ["+34 = 0034"]', "config.bad_value", "no rule"),
        ('server = "x"\nq = "2"', "config.bad_value", "1.0"),
        ('server = "x"\ncaller = "600"', "config.bad_value", "prefix"),
        ('server = "x"\ntransport = "sctp"', "config.bad_value", "udp"),
        ('server = "x"\npassword = "a"\npassword_file = "b"', "config.bad_value", "leave one out"),
        ('server = "x"\nsrtp = true', "config.bad_value", 'transport = "tls"'),
        ('server = "x"\nsrtp = "dtls"', "config.bad_value", 'transport = "tls"'),
        ('server = "x"\nsrtp = "always"', "config.bad_value", "dtls"),
        ('user = "x"', "config.bad_value", "required"),
        ('server = "x"\nkind = "proxy"', "config.bad_value", "known by its address"),
        ('server = "192.0.2.1"\nkind = "proxy"\ntrust_identity = true', "config.bad_value", "vouches for nobody"),
        ('server = "x"\nbusy_status = 503', "config.bad_value", "486"),
        ('server = "x"\nmax_calls = -1', "config.bad_value", "greater"),
    ],
)
def test_when_a_trunk_is_written_wrongly_then_the_message_says_how(
    line: str, code: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(CallCentreError) as wrong:
        _load(tmp_path, f"[telephony.sip.trunks.carrier]\n{line}\n")
    assert wrong.value.code == code
    assert said in wrong.value.message


@pytest.mark.parametrize(("written", "wished"), [("true", True), ("false", False), ('"dtls"', "dtls")])
def test_when_a_trunk_shall_be_encrypted_then_the_gateway_is_told_how(
    written: str, wished: bool | str, tmp_path: Path
) -> None:
    text = f'[telephony.sip.trunks.carrier]\nserver = "x"\ntransport = "tls"\nsrtp = {written}\n'
    (trunk,) = sip_settings(_load(tmp_path, text).config).trunks
    assert trunk.srtp == wished


def test_when_the_rules_name_a_trunk_that_is_none_then_the_nearest_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="did you mean 'carrier'"):
        _load(tmp_path, '[telephony.outbound]\ntrunk = "carier"\n[telephony.sip.trunks.carrier]\nserver = "x"\n')


def test_when_the_passwords_file_is_missing_then_it_is_told_without_starting(tmp_path: Path) -> None:
    text = '[telephony.sip.trunks.carrier]\nserver = "x"\nuser = "u"\npassword_file = "/nowhere/at/all"\n'
    with pytest.raises(CallCentreError) as wrong:
        sip_settings(_load(tmp_path, text).config)
    assert wrong.value.code == "config.unreadable"
