"""From a URI to the servers to try, in order: transport, port and address by NAPTR, SRV and A or AAAA (RFC 3263).

    BEGIN --address literal----------------------------------------------> LOCATED
      |---name with a port---------------> ADDRESSES --answers--> LOCATED (without any: nowhere)
      '---name alone--> SERVICES --SRV records--------^
                          | '--none: the name itself--^
                          '--NAPTR that names other services--> SERVICES (once)

`Locator.questions` says what is to be asked of the DNS now, all at once; `answer` takes what came. The caller asks;
nothing here waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from telephony.sip.grammar import is_ip_address
from telephony.sip.message import DEFAULT_PORTS, Flow, Transport
from telephony.sip.uri import SipUri

MAX_TARGETS = 8
"""Servers that are tried for one request; carriers have two to four, and a caller does not wait for more."""
_SERVICES: dict[Transport, str] = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}
"""Source: RFC 3263 section 4.1."""
_NAPTR_SERVICES: dict[str, Transport] = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
"""Source: RFC 3263 section 4.1."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query."""

    kind: Literal["NAPTR", "SRV", "ADDRESS"]
    """`ADDRESS` stands for A and AAAA."""
    name: str


@dataclass(frozen=True, slots=True)
class Srv:
    """One SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    host: str
    """Without the dot at the end; empty: decidedly no such service."""


@dataclass(frozen=True, slots=True)
class Naptr:
    """One NAPTR record (RFC 3403), as far as SIP uses it."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str
    """Without the dot at the end."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Address literals of a name, best first."""

    hosts: tuple[str, ...]


Records = tuple[Srv, ...] | tuple[Naptr, ...] | Addresses
Answers = Mapping[Question, Records]


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    transport: Transport


class LocatorState(Enum):
    """See the drawing."""

    SERVICES = auto()
    ADDRESSES = auto()
    LOCATED = auto()


class Locator:
    """Finds the targets of one URI."""

    def __init__(
        self,
        uri: SipUri,
        *,
        transports: Iterable[Transport],
        draw: Callable[[int], int],
        has_services: bool = True,
    ) -> None:
        """Begin.

        Args:
            uri: Whom to reach.
            transports: What we can, most wanted first.
            draw: Gives a random number from 0 up to and including its argument, for the weights.
            has_services: False for names that are only ever of this machine, so that nobody is asked for services.
        """
        self._uri = uri
        self._name = uri.host.lower().rstrip(".")
        self._draw = draw
        self._wanted: tuple[Transport, ...] = (uri.transport,) if uri.transport else tuple(transports)
        self._servers: tuple[_Server, ...] = ()
        self._named: dict[Transport, str] = {}
        """Names of services that NAPTR records gave, best first."""
        self._asked_naptr = False
        self.targets: tuple[Flow, ...] = ()
        """The answer once the state is LOCATED; empty: the name leads nowhere."""
        self.questions: tuple[Question, ...] = ()
        """What to ask now."""
        self.state = LocatorState.SERVICES
        if is_ip_address(uri.host):
            self._locate((Flow(uri.host, self._port(self._wanted[0]), self._wanted[0]),))
        elif uri.port is not None or not has_services:
            self._ask_addresses((_Server(self._name, self._port(self._wanted[0]), self._wanted[0]),))
        else:
            self._ask_services()

    def answer(self, answers: Answers) -> None:
        """Take the answers to `questions`; one that is missing counts as empty."""
        if self.state is LocatorState.ADDRESSES:
            self._locate(self._flows(answers))
        elif self.state is LocatorState.SERVICES:
            self._choose_services(answers)

    def _ask_services(self) -> None:
        questions = [Question("SRV", name) for name in self._service_names().values()]
        if self._uri.transport is None and not self._named:
            questions.append(Question("NAPTR", self._name))
            self._asked_naptr = True
        self.questions = tuple(questions)

    def _service_names(self) -> dict[Transport, str]:
        """Return where SRV records are looked for, best first."""
        return self._named or {transport: _SERVICES[transport] + self._name for transport in self._wanted}

    def _choose_services(self, answers: Answers) -> None:
        if self._asked_naptr and not self._named:
            self._named = self._read_naptr(answers.get(Question("NAPTR", self._name), ()))
            if any(Question("SRV", name) not in answers for name in self._named.values()):
                self._ask_services()
                return
        for transport, name in self._service_names().items():
            found = answers.get(Question("SRV", name), ())
            records = [record for record in found if isinstance(record, Srv)] if isinstance(found, tuple) else []
            if records:
                ordered = order_by_weight([record for record in records if record.host], self._draw)
                self._ask_addresses(tuple(_Server(item.host, item.port, transport) for item in ordered[:MAX_TARGETS]))
                return
        self._ask_addresses((_Server(self._name, self._port(self._wanted[0]), self._wanted[0]),))

    def _read_naptr(self, records: Records) -> dict[Transport, str]:
        if not isinstance(records, tuple):
            return {}
        named: dict[Transport, str] = {}
        usable = [record for record in records if isinstance(record, Naptr) and record.flags.lower() == "s"]
        for record in sorted(usable, key=lambda item: (item.order, item.preference)):
            transport = _NAPTR_SERVICES.get(record.service.upper())
            if transport in self._wanted and transport is not None and record.replacement:
                named.setdefault(transport, record.replacement)
        return named

    def _ask_addresses(self, servers: tuple[_Server, ...]) -> None:
        self._servers = servers
        self.state = LocatorState.ADDRESSES
        self.questions = tuple(Question("ADDRESS", host) for host in dict.fromkeys(server.host for server in servers))
        if not self.questions:
            self._locate(())

    def _flows(self, answers: Answers) -> tuple[Flow, ...]:
        flows: list[Flow] = []
        for server in self._servers:
            found = answers.get(Question("ADDRESS", server.host))
            hosts = found.hosts if isinstance(found, Addresses) else ()
            # The certificate names the domain that was asked for, not the host that SRV led to (RFC 5922 section 7.1).
            name = self._name if server.transport == "tls" else ""
            flows += [Flow(host, server.port, server.transport, server_name=name) for host in hosts]
        return tuple(dict.fromkeys(flows))

    def _locate(self, targets: tuple[Flow, ...]) -> None:
        self.targets = targets[:MAX_TARGETS]
        self.questions = ()
        self.state = LocatorState.LOCATED

    def _port(self, transport: Transport) -> int:
        return self._uri.port or DEFAULT_PORTS[transport]


def order_by_weight(records: Iterable[Srv], draw: Callable[[int], int]) -> list[Srv]:
    """Order SRV records: by priority, and at random by weight among equals (RFC 2782)."""
    ordered: list[Srv] = []
    left = sorted(records, key=lambda item: (item.priority, item.weight))  # weight 0 first, as the RFC asks
    while left:
        peers = [item for item in left if item.priority == left[0].priority]
        mark = draw(sum(item.weight for item in peers))
        running = 0
        for item in peers:
            running += item.weight
            if running >= mark:
                break
        ordered.append(item)
        left.remove(item)
    return ordered
