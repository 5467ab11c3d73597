"""Configuration: origins, secrets, and sentences for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import CallCentreError
from service.config import load_config, valid_keys
from service.config_hint import hint


def write(folder: Path, text: str) -> Path:
    file = folder / "warmline.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_when_a_value_comes_from_a_file_or_the_environment_its_origin_says_so(tmp_path: Path) -> None:
    file = write(tmp_path, 'data_dir = "x"\n[service]\nlisten = "127.0.0.1:9"\n')
    loaded = load_config(file, {"WARMLINE__TELEPHONY__MAX_CALLS": "7", "WARMLINE__DATA_DIR": "/y"})
    rows = {key: (value, origin) for key, value, origin in loaded.rows()}
    assert rows["service.listen"] == ('"127.0.0.1:9"', "file:warmline.toml")
    assert rows["telephony.max_calls"] == ("7", "env:WARMLINE__TELEPHONY__MAX_CALLS")
    assert rows["data_dir"] == ('"/y"', "env:WARMLINE__DATA_DIR")
    assert rows["dial_plan.language"][1] == "default"


def test_when_data_dir_stands_below_service_it_counts_all_the_same(tmp_path: Path) -> None:
    loaded = load_config(write(tmp_path, '[service]\nlisten = "127.0.0.1:9"\ndata_dir = "d"\n'), {})
    assert loaded.config.data_dir == "d"


def test_when_a_secret_is_shown_it_is_masked(tmp_path: Path) -> None:
    loaded = load_config(write(tmp_path, '[service]\nstaff_token = "hunter2"\n'), {})
    shown = "\n".join(value for _, value, _ in loaded.rows())
    assert "hunter2" not in shown
    assert '"********"' in shown


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("[telephony.sip]\nlissten = 1\n", "'telephony.sip.listen'"),
        ("[privacy]\nretention = 3\n", "'privacy.retention_days'"),
        ("[sip]\nadvertise = 'x'\n", "'telephony.sip.advertise'"),
        ("[telephony.sip.trunk.main]\nserver = 'x'\n", "'telephony.sip.trunks.NAME.server'"),
        ("[telephony.trunks.main]\nhostt = 'x'\n", "[telephony.sip.trunks.NAME] has server, transport,"),
        ("master_key = 'x'\n", "`warmline check` without --config lists every key"),
    ],
)
def test_when_a_key_is_unknown_the_nearest_is_named(tmp_path: Path, text: str, near: str) -> None:
    with pytest.raises(CallCentreError, match="has no key") as caught:
        load_config(write(tmp_path, text), {})
    assert near in caught.value.message


def test_when_one_letter_of_a_key_is_lost_then_that_key_is_named_whichever_it_is() -> None:
    named = ("telephony.sip.trunks.", "telephony.sip.phones.", "channels.mailboxes.", "channels.webhooks.")
    for key in valid_keys():
        lost = key[:-2] + key[-1]
        if lost not in valid_keys() and len(key.rpartition(".")[2]) > 1:
            assert f"'{key}'" in hint(lost.replace("NAME", "main"), valid_keys(), named), lost


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[telephony]\nmax_calls = 0\n", "telephony.max_calls"),
        ('[service]\nlisten = "nowhere"\n', "service.listen"),
        ('[privacy]\nrecording = "maybe"\n', "privacy.recording"),
        ("[telephony]\nmax_calls = true\n", "telephony.max_calls"),
        ('[telephony]\nmax_calls = "12"\n', "telephony.max_calls"),
        ("[telephony]\nmax_calls = 501\n", "telephony"),
        ('[telephony.sip]\nenabled = "yes"\n', "telephony.sip.enabled"),
        ('[telephony.sip]\nlisten = "999.1.1.1:5060"\n', "telephony.sip.listen"),
        ('[telephony.sip]\nlisten = "::1:5060"\n', "telephony.sip.listen"),
        ('[telephony.sip]\nlisten = "no such:5060"\n', "telephony.sip.listen"),
        ("[telephony.sip]\nrtp_ports = [40000, 30000]\n", "telephony.sip.rtp_ports"),
        ("[telephony.sip]\nrtp_ports = [30000, 70000]\n", "telephony.sip.rtp_ports"),
        ('[telephony.sip]\nrtp_ports = ["30000", "30999"]\n', "telephony.sip.rtp_ports"),
        ('[telephony.sip]\nadvertise = "999.1.1.1"\n', "telephony.sip.advertise"),
        ('[telephony.sip]\nadvertise = "pbx.example.com"\n', "telephony.sip.advertise"),
        ('[telephony.webrtc]\nice_addresses = ["x y"]\n', "telephony.webrtc.ice_addresses"),
        ('[telephony.webrtc]\nice_servers = ["http://x"]\n', "telephony.webrtc.ice_servers"),
        ('[service]\nallowed_origins = ["shop.example"]\n', "service.allowed_origins"),
        ('[service]\nallowed_origins = ["https://shop.example/page"]\n', "service.allowed_origins"),
        ('[speech]\nvoice_en = "coqui"\n', "speech"),
        ('[dialog]\nemergency_number = "abc"\n', "dialog.emergency_number"),
        ('[dialog]\ncrisis_line = "call us"\n', "dialog.crisis_line"),
        ('[dialog]\ncountry = "Spain"\n', "dialog.country"),
        ("[dialog]\nanger_prob = 1.5\n", "dialog.anger_prob"),
    ],
)
def test_when_a_value_is_wrong_the_sentence_names_key_and_file(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(CallCentreError, match="not usable") as caught:
        load_config(write(tmp_path, text), {})
    assert f"'{key}' (file:warmline.toml)" in caught.value.message


def test_when_the_file_is_missing_or_broken_the_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="There is no configuration file"):
        load_config(tmp_path / "none.toml", {})
    with pytest.raises(CallCentreError, match="cannot be read"):
        load_config(write(tmp_path, "[service\n"), {})


def test_when_a_flow_does_not_exist_then_the_nearest_is_named(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match=r"no flow 'apointment'; did you mean 'appointment'\?"):
        load_config(write(tmp_path, '[dialog]\nflows = ["callback", "apointment"]\n'), {})


@pytest.mark.parametrize("text", ['service = "x"\n', "[[service]]\n", '[telephony]\nsip = "on"\n'])
def test_when_a_table_is_given_as_a_value_then_the_sentence_shows_how_it_is_written(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        CallCentreError, match=r"is a table of settings, not a value\. Write \[(service|telephony\.sip)\]"
    ):
        load_config(write(tmp_path, text), {})


def test_when_a_variable_holds_digits_where_a_text_belongs_then_it_is_the_text() -> None:
    loaded = load_config(None, {"WARMLINE__DIALOG__EMERGENCY_NUMBER": "112", "WARMLINE__SERVICE__STAFF_TOKEN": "12"})
    assert loaded.config.dialog.emergency_number == "112"
    assert loaded.config.service.staff_token.get_secret_value() == "12"


@pytest.mark.parametrize("listen", ["[::1]:5060", "0.0.0.0:0", "localhost:80", "pbx-1.example.com:5060"])
def test_when_an_address_can_be_one_then_it_is_taken(listen: str) -> None:
    assert load_config(None, {"WARMLINE__TELEPHONY__SIP__LISTEN": listen}).config.telephony.sip.listen == listen
