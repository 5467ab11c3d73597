"""The SIP line as the configuration wants it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from calls.call_caps import CallCounts
from calls.errors import CallCentreError
from service.config import Config
from service.config_values import network
from telephony.call_counts import MemoryCounts
from telephony.net.resolver import Resolver
from telephony.net.tls_contexts import TlsSettings, certificate_facts, client_context, server_context
from telephony.outbound import Outbound, WantsNone
from telephony.sip.accounts import common_algorithms
from telephony.sip.register_wish import RegisterLimits
from telephony.sip_settings import SipSettings


def sip_settings(config: Config) -> SipSettings:
    """Return the gateway's settings."""
    sip = config.telephony.sip
    return SipSettings(
        listen=sip.listen,
        advertise=sip.advertise or None,
        tls_listen=sip.tls_listen,
        tls=TlsSettings(
            certificate=sip.tls_certificate, key=sip.tls_key, ca=sip.tls_ca, verify_clients=sip.tls_verify_clients
        ),
        dns_servers=sip.dns_servers,
        accept_unknown=sip.accept_unknown,
        realm=sip.realm,
        digest_algorithms=sip.digest_algorithms,
        domains=frozenset(name.lower() for name in sip.domains),
        phones=tuple(section.account(name, sip.realm) for name, section in sip.phones.items()),
        phone_networks=tuple(network(value) for value in sip.phones_from),
        register_limits=RegisterLimits(
            min_s=sip.phones_min_expires_s, max_s=sip.phones_max_expires_s, contacts=sip.places_per_phone
        ),
        trunks=tuple(section.trunk(name) for name, section in sip.trunks.items()),
        codecs=sip.codecs,
    )


def outbound(
    config: Config,
    counts: CallCounts | None = None,
    wants_none: WantsNone | None = None,
) -> Outbound:
    """Return the check of everything that shall be called.

    Args:
        config: What the operator chose.
        counts: Who counts what was called; in memory without.
        wants_none: Whether whose number it is does not want to be contacted; without, nobody is asked.
    """
    telephony = config.telephony
    plans = {name: section.number_plan() for name, section in telephony.sip.trunks.items()}
    zone = ZoneInfo(config.dial_plan.time_zone)
    check = Outbound(
        telephony.outbound.rules(config.dialog.country),
        plans,
        zone,
        counts or MemoryCounts(),
        frozenset(telephony.sip.phones),
    )
    if wants_none is not None:
        check.wants_none = wants_none
    return check


def describe_line(config: Config, now_utc: datetime) -> str:
    """Say on what the line listens, after reading every file that TLS needs.

    Raises:
        CallCentreError: `config.bad_tls`, `config.bad_listen`, `config.bad_dns_server`.
    """
    settings = sip_settings(config)
    _ = settings.transports, Resolver(settings.dns_servers)  # both raise on addresses that cannot be
    client_context(settings.tls)
    said = f"UDP and TCP on {settings.listen}{_phones(settings)}"
    if not settings.tls_listen:
        return said
    server_context(settings.tls)
    facts = certificate_facts(settings.tls.certificate)
    if facts.expires_utc <= now_utc:
        raise CallCentreError(
            "config.bad_tls",
            f"The certificate {settings.tls.certificate} expired on {facts.expires_utc:%Y-%m-%d}; renew it.",
            fault="operator",
        )
    return f"{said}, TLS on {settings.tls_listen} for {', '.join(facts.names)}, until {facts.expires_utc:%Y-%m-%d}"


def _phones(settings: SipSettings) -> str:
    """Name the phones that may register, and what their passwords are asked with."""
    if not settings.phones:
        return ""
    kinds = " or ".join(common_algorithms(settings.phones, settings.digest_algorithms))
    names = ", ".join(phone.name for phone in settings.phones)
    where = "public networks too" if settings.phone_networks else "loopback and private networks alone"
    return f", phones {names} (realm {settings.realm}, {kinds}) from {where}"
