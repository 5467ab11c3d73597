"""`warmline check` finds what `warmline serve` would fail on, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli import main
from tests.telephony.certificates import Authority


def failures(capsys: pytest.CaptureFixture[str], folder: Path, settings: str) -> str:
    """Return the lines of what failed, models apart."""
    file = folder / "warmline.toml"
    file.write_text(f'data_dir = "{folder}/data"\n{settings}')
    code = main(["check", "--config", str(file)])
    printed, errors = capsys.readouterr()
    lines = [line for line in printed.splitlines() if line.startswith("FAILED") and " model " not in line]
    assert code == 1 or not lines
    return "\n".join(lines) + errors


def test_when_all_is_well_then_nothing_fails_and_who_is_called_in_danger_is_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "warmline.toml"
    file.write_text(f'data_dir = "{tmp_path}/data"\n[dialog]\ncountry = "MX"\nhuman_topics = ["complaint-procedure"]\n')
    main(["check", "--config", str(file)])
    printed = capsys.readouterr().out
    assert "ok      dialog: emergency 911, crisis line none; only people handle: complaint-procedure" in printed
    assert "ok      web address: 127.0.0.1:8080" in printed
    assert "ok      staff pages: served to this machine and a proxy on it alone" in printed
    assert "ok      SIP address: UDP and TCP on 127.0.0.1:5060" in printed
    assert 'dialog.human_topics = ["complaint-procedure"]' in printed


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('[dialog]\nhuman_topics = ["complaint"]\n', "did you mean 'complaint-procedure'?"),
        ('[dialog]\nflows = ["calback"]\n', "did you mean 'callback'?"),
        ('[service]\ntls_certificate = "/none.pem"\n', "tls_certificate = '/none.pem' does not exist"),
        ('[service]\ntls_key = "/none.key"\n', "without tls_certificate"),
        ('[service]\nlisten = "203.0.113.7:8080"\n', "203.0.113.7 is no address of this machine"),
        ('[telephony.sip]\nlisten = "203.0.113.7:5060"\n', "203.0.113.7 is no address of this machine"),
        ('[telephony.sip]\ntls_listen = "127.0.0.1:5061"\n', "tls_listen needs tls_certificate"),
        ('[telephony.sip]\ntls_listen = "203.0.113.7:5061"\n', "[telephony.sip] tls_listen = '203.0.113.7:5061'"),
        ('[telephony.sip]\nlisten = "no-such-host.invalid:5060"\n', "is no address of this machine"),
        ('[speech]\nvoice_en = "coqui"\ncoqui_model_en = "/none"\n', "holds no Coqui model"),
        ('[speech]\nvoice_en = "coqui"\n', "needs coqui_model_en"),
        ('[service]\nstaff_from = ["192.168.1.7/24"]\n', "is no address or network"),
        ('[service]\nhosts = ["https://support.example.com"]\n', "is no name like"),
        ('[telephony.sip]\ntls_verify_clients = "yes"\n', "telephony.sip.tls_verify_clients"),
        (
            '[models]\nwhisper = "whisper-tiny-en"\n[dial_plan]\nlanguage = "es"\n',
            "'whisper-tiny-en' understands en alone, but the dial plan answers calls in es",
        ),
        ('[dial_plan]\ntransfer_to = "+34910000000"\n', "there is no line to the telephone network"),
        ('[dial_plan]\ntransfer_to = "sip:people@192.0.2.5"\n', "addresses outside are not called"),
        ('[dial_plan]\ntransfer_to = "the team"\n', "is neither a number like"),
    ],
)
def test_when_the_service_could_not_start_or_speak_then_check_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, settings: str, sentence: str
) -> None:
    assert sentence in failures(capsys, tmp_path, settings)


def test_when_the_key_is_of_another_certificate_then_check_says_so_and_a_pair_is_fine(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one.example"), authority.issue("other.example")
    tables = f'[service]\ntls_certificate = "{one.certificate}"\ntls_key = "{{}}"\n'
    assert "must be PEM files of one pair" in failures(capsys, tmp_path, tables.format(other.key))
    assert failures(capsys, tmp_path, tables.format(one.key)) == ""
    Path(one.certificate).write_text("no certificate")
    assert "must be PEM files of one pair" in failures(capsys, tmp_path, tables.format(one.key))


def test_when_the_port_is_taken_by_a_service_that_runs_then_check_still_passes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as running:
        settings = f'[service]\nlisten = "127.0.0.1:{running.getsockname()[1]}"\n'
        assert failures(capsys, tmp_path, settings) == ""


def test_when_one_number_is_answered_in_spanish_then_a_recogniser_of_english_alone_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan = tmp_path / "plan.toml"
    settings = f'[models]\nwhisper = "{{}}"\n[dial_plan]\nlanguage = "en"\nfile = "{plan}"\n'
    plan.write_text('[[number]]\ncalled = "900100200"\n')
    assert failures(capsys, tmp_path, settings.format("whisper-tiny-en")) == ""
    plan.write_text('[[number]]\ncalled = "900100200"\n[[number]]\ncalled = "*"\nlanguage = "es"\n')
    assert "answers calls in es" in failures(capsys, tmp_path, settings.format("whisper-tiny-en"))
    assert failures(capsys, tmp_path, settings.format("whisper-base")) == ""
