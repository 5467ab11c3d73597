"""What the configuration makes of the SIP line, and what `warmline check` says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from service.config import Config, load_config
from service.sip_line import describe_line, sip_settings
from service.telephony_config import SipSection, TelephonySection
from telephony.net.tls_contexts import TlsSettings
from tests.telephony.certificates import Authority

NOW = datetime.now(UTC)


def config(tls: TlsSettings | None = None, **sip: object) -> Config:
    more = {"tls_certificate": tls.certificate, "tls_key": tls.key, "tls_ca": tls.ca} if tls else {}
    return Config(telephony=TelephonySection(sip=SipSection.model_validate({**more, **sip})))


def test_when_a_file_sets_tls_then_the_gateway_gets_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(
        '[telephony.sip]\nlisten = "127.0.0.1:5060, [::1]:5060"\ntls_listen = "127.0.0.1:5061"\n'
        'tls_certificate = "c.pem"\ntls_key = "k.pem"\ntls_ca = "a.pem"\ntls_verify_clients = true\n'
        'dns_servers = ["10.0.0.53"]\n'
    )
    settings = sip_settings(load_config(tmp_path / "w.toml").config)
    assert settings.tls == TlsSettings(certificate="c.pem", key="k.pem", ca="a.pem", verify_clients=True)
    assert settings.transports.listen == (("127.0.0.1", 5060), ("::1", 5060))
    assert settings.transports.tls_listen == (("127.0.0.1", 5061),)
    assert settings.dns_servers == ("10.0.0.53",)


@pytest.mark.parametrize("value", ["5060", "127.0.0.1:5060, nowhere", "127.0.0.1:99999"])
def test_when_an_address_cannot_be_listened_on_then_the_configuration_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        config(listen=value)


def test_when_the_line_is_checked_then_it_says_where_for_whom_and_until_when(tmp_path: Path) -> None:
    tls = Authority(tmp_path).issue("sip.example.com", "192.0.2.1")
    assert describe_line(config(), NOW) == "UDP and TCP on 127.0.0.1:5060"
    said = describe_line(config(tls, tls_listen="127.0.0.1:5061"), NOW)
    days = {(now + timedelta(days=10)).strftime("%Y-%m-%d") for now in (NOW, datetime.now(UTC))}  # a night may pass
    assert said.rpartition(" ")[0].endswith("TLS on 127.0.0.1:5061 for sip.example.com, 192.0.2.1, until")
    assert said.rpartition(" ")[2] in days


def test_when_the_files_of_tls_do_not_serve_then_checking_fails_with_a_sentence(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    good = authority.issue("sip.example.com")
    old = authority.issue("sip.example.com", expired=True)
    for tls, sentence in (
        (old, "expired on"),
        (replace(good, key=old.key), "does not belong"),
        (replace(good, ca="/nowhere.pem"), "tls_ca cannot be read"),
        (None, "needs tls_certificate"),
    ):
        with pytest.raises(CallCentreError, match=sentence) as error:
            describe_line(config(tls, tls_listen="127.0.0.1:5061"), NOW)
        assert error.value.code == "config.bad_tls"


def test_when_several_ports_are_named_then_checking_fails() -> None:
    with pytest.raises(CallCentreError, match="several ports"):
        describe_line(config(listen="127.0.0.1:5060, 127.0.0.1:5062"), NOW)


@pytest.mark.parametrize("server", ["dns.example.com", "10.0.0.53:", "10.0.0.53:99999", "[::1"])
def test_when_a_dns_server_is_no_address_then_checking_fails_with_a_sentence(server: str) -> None:
    with pytest.raises(CallCentreError, match="is no address of a DNS server") as error:
        describe_line(config(dns_servers=(server,)), NOW)
    assert error.value.code == "config.bad_dns_server"


@pytest.mark.parametrize("server", ["10.0.0.53", "10.0.0.53:5353", "::1", "[::1]:53"])
def test_when_a_dns_server_is_an_address_with_or_without_port_then_it_is_taken(server: str) -> None:
    assert describe_line(config(dns_servers=(server,)), NOW)
