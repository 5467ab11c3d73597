"""What is delivered for several processes: examples load, the unit waits long enough, every peer accepts its file."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.admission import limits
from service.config import Config, load_config
from service.sip_line import sip_settings
from tests.waiting import HANGS_S

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
GOODBYE_S = 25
"""The most that a stop takes after the drain. Source: docs/runbook.md."""


def _environ(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _config() -> Config:
    return load_config(DEPLOY / "warmline.toml", _environ(DEPLOY / "warmline-a.env")).config


def test_when_the_examples_are_loaded_then_the_proxy_is_believed_and_the_carrier_behind_it_known() -> None:
    config = _config()
    assert config.service.listen == "127.0.0.1:8081"
    settings = sip_settings(config)
    assert settings.listen == "10.0.0.11:5081"
    edge, carrier = settings.trunks
    assert (edge.kind, carrier.kind, carrier.busy_status, carrier.trust_identity) == ("proxy", "carrier", 486, True)
    assert edge.knows("10.0.0.10")
    assert carrier.knows("203.0.113.70")
    assert limits(config.telephony).talking == 8


def test_when_the_unit_stops_a_process_then_it_waits_for_the_drain_and_the_goodbye() -> None:
    unit = (DEPLOY / "warmline@.service").read_text()
    patience = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert patience is not None
    assert int(patience[1]) >= _config().service.drain_s + GOODBYE_S
    for promised in ("KillMode=mixed", "EnvironmentFile=/etc/warmline/%i.env", "StateDirectory=warmline"):
        assert f"\n{promised}\n" in unit


def test_when_systemd_reads_the_unit_then_it_finds_no_fault(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    unit = (DEPLOY / "warmline@.service").read_text()
    copy = tmp_path / "warmline@.service"
    copy.write_text(unit.replace("/opt/warmline/.venv/bin/warmline", "/bin/true"))
    command = [program, "verify", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGS_S)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "warmline@" in line]) == (0, [])


@pytest.mark.peer
def test_when_kamailio_reads_its_configuration_then_it_finds_no_fault(tmp_path: Path) -> None:
    program = shutil.which("kamailio")
    if program is None:
        pytest.skip("kamailio is not installed (apt-get install kamailio)")
    (tmp_path / "list").write_text("")
    lists = [f'{name}="{tmp_path}/list"' for name in ("DISPATCHER_LIST", "ADDRESS_LIST")]
    defines = [word for define in lists for word in ("-A", define)]
    done = subprocess.run(
        [program, "-c", "-f", str(DEPLOY / "kamailio.cfg"), *defines],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS_S,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "config file ok" in said
    assert "WARNING" not in said, said


def test_when_the_manual_shows_the_lists_of_kamailio_then_they_are_in_its_form() -> None:
    manual = (ROOT / "docs" / "several-processes.md").read_text()
    (example,) = re.findall(r"```\n( +# /etc/kamailio/.*?)```", manual, re.DOTALL)
    lines = [line.strip() for line in example.splitlines() if not line.strip().startswith("#") and line.strip()]
    assert all(re.fullmatch(r"1 (sip:[\d.]+:\d+|[\d.]+ \d{1,2})", line) for line in lines), lines
