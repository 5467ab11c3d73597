"""Asks the DNS: services by dnspython, addresses by the system, or by the servers that the settings name."""

from __future__ import annotations

import asyncio
import logging
import random
import socket

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from calls.errors import CallCentreError
from telephony.sip.grammar import is_ip_address
from telephony.sip.locate import Addresses, Answers, Locator, LocatorState, Naptr, Question, Records, Srv
from telephony.sip.message import Flow, Transport
from telephony.sip.uri import SipUri

logger = logging.getLogger(__name__)

LIFETIME_S = 3.0
"""How long one question may take in all; a caller waits meanwhile."""
_DNS_PORT = 53
_OF_THIS_MACHINE = ("localhost", ".localhost")
"""Nobody asks the DNS for them. Source: RFC 6761 section 6.3."""


class Resolver:
    """Finds the servers of a URI; answers are kept as long as the DNS allows."""

    def __init__(self, servers: tuple[str, ...] = ()) -> None:
        """Prepare; nothing is asked yet.

        Args:
            servers: `host` or `host:port` of DNS servers; empty: those of the system.

        Raises:
            CallCentreError: `config.bad_dns_server` when one is no address.
        """
        self._own_servers = bool(servers)
        self._random = random.Random()  # noqa: S311 - spreads load, guards nothing
        try:
            self._resolver: dns.asyncresolver.Resolver | None = dns.asyncresolver.Resolver(configure=not servers)
        except dns.exception.DNSException:
            logger.info("this computer names no DNS server, so that services are not looked up")
            self._resolver = None
        if self._resolver is not None:
            self._resolver.cache = dns.resolver.LRUCache()
            self._resolver.lifetime = LIFETIME_S
            if servers:
                ports = dict(_parse_server(item) for item in servers)
                self._resolver.nameservers = list(ports)
                self._resolver.nameserver_ports = dict(ports)

    async def locate(self, uri: SipUri, transports: tuple[Transport, ...], versions: frozenset[int]) -> list[Flow]:
        """Return where a request for this URI may go, best first.

        Args:
            uri: Whom to reach.
            transports: What we can, most wanted first.
            versions: 4, 6 or both: the families that we have an address of.

        Raises:
            CallCentreError: `call.unreachable` when the name leads nowhere.
        """
        name = uri.host.lower().rstrip(".")
        locator = Locator(
            uri,
            transports=transports,
            draw=lambda highest: self._random.randint(0, highest),
            has_services=not name.endswith(_OF_THIS_MACHINE[1]) and name != _OF_THIS_MACHINE[0],
        )
        while locator.state is not LocatorState.LOCATED:
            locator.answer(await self._ask(locator.questions, versions))
        if not locator.targets:
            raise CallCentreError(
                "call.unreachable",
                f"The name {uri.host} is not known, or has no server for SIP. Check the spelling and the DNS.",
                fault="peer",
                retryable=True,
            )
        return list(locator.targets)

    async def _ask(self, questions: tuple[Question, ...], versions: frozenset[int]) -> Answers:
        answers = await asyncio.gather(*(self._ask_one(question, versions) for question in questions))
        return dict(zip(questions, answers, strict=True))

    async def _ask_one(self, question: Question, versions: frozenset[int]) -> Records:
        if question.kind == "ADDRESS":
            return Addresses(await self._addresses(question.name, versions))
        found = await self._query(question.name, question.kind)
        if question.kind == "SRV":
            return tuple(
                Srv(item.priority, item.weight, item.port, _plain(item.target))
                for item in found
                if isinstance(item, SRV)
            )
        return tuple(
            Naptr(item.order, item.preference, item.flags.decode(), item.service.decode(), _plain(item.replacement))
            for item in found
            if isinstance(item, NAPTR)
        )

    async def _addresses(self, name: str, versions: frozenset[int]) -> tuple[str, ...]:
        if self._own_servers:
            kinds = [kind for version, kind in ((4, "A"), (6, "AAAA")) if version in versions]
            found = await asyncio.gather(*(self._query(name, kind) for kind in kinds))
            hosts = tuple(str(item) for items in found for item in items)
            if hosts:
                return hosts
        loop = asyncio.get_running_loop()
        try:
            listed = await loop.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):  # a label that no name can have
            return ()
        literals = dict.fromkeys(str(item[4][0]).partition("%")[0] for item in listed)
        return tuple(host for host in literals if (6 if ":" in host else 4) in versions)

    async def _query(self, name: str, kind: str) -> list[object]:
        if self._resolver is None:
            return []
        try:
            answer = await self._resolver.resolve(name, dns.rdatatype.from_text(kind), search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            logger.info("the DNS did not answer: %s", type(error).__name__)
            return []
        return list(answer)


def _parse_server(text: str) -> tuple[str, int]:
    if is_ip_address(text):
        return text, _DNS_PORT
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not is_ip_address(host) or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65_536:
        raise CallCentreError(
            "config.bad_dns_server",
            f"{text!r} in [telephony.sip] dns_servers is no address of a DNS server; write 10.0.0.53 or 10.0.0.53:53.",
            fault="operator",
        )
    return host, int(port)


def _plain(name: object) -> str:
    return str(name).rstrip(".").lower()
