"""Who may take the place of somebody in a running call, and what follows: the rules of trust, and the change of legs.

A call that wants to take over a leg (INVITE with Replaces, as a PBX sends it when it connects two of its own calls)
must know the names of that leg, which only its two ends know. We ask for more, since a name may be overheard:

    the new call comes over the trunk that the old one came over, or
    from the same host as the old one, or
    from a phone of ours that proved its password, or
    (for the leg of a human that we called) from a host that we may call: the PBX of the house
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from calls.ports import CallOffer
from telephony.sip_leg import SipLeg
from telephony.sip_transfer import Replacement

if TYPE_CHECKING:
    from service.call_runner import CallRunner
    from service.house import House

_DECLINED = 603
_NO_CALL = 481
"""Source: RFC 3891 section 3, a Replaces that matches nothing."""


def host_of(remote: str) -> str:
    """Return the host of `host:port`."""
    return remote.rpartition(":")[0].strip("[]")


def may_replace_caller(of_call: CallOffer, asker: CallOffer) -> bool:
    """Return whether `asker` may take the place of who placed `of_call`."""
    same_trunk = bool(asker.trunk) and asker.trunk == of_call.trunk
    same_host = host_of(asker.remote) == host_of(of_call.remote) != ""
    return same_trunk or same_host or bool(asker.phone)


def may_replace_agent(asker: CallOffer, ours: Collection[str]) -> bool:
    """Return whether `asker` may take the place of a human whom we called; `ours` are hosts that we may call."""
    return bool(asker.trunk or asker.phone) or host_of(asker.remote) in ours


class TakeOvers:
    """The policy of `telephony.sip_transfer.Transfers` for one house."""

    def __init__(self, house: House) -> None:
        """Watch over the calls of a house."""
        self._house = house

    def refusal(self, old: SipLeg, asker: CallOffer) -> int | None:
        """Return the status with which a call that wants the place of `old` is refused; None lets it in."""
        call = self._call_of(old)
        if call is None or call.conference is None:
            return _NO_CALL
        if old is call.leg:
            trusted = may_replace_caller(call.incoming.offer, asker)
        else:
            hosts = self._house.config.telephony.outbound.addresses
            trusted = may_replace_agent(asker, hosts)
        return None if trusted else _DECLINED

    def follow(self, change: Replacement) -> None:
        """Let the new leg go on in the conference of the old one."""
        call = self._call_of(change.old)
        if call is None or call.conference is None:
            self._house.tasks.start("hang-up-late-leg", change.new.hang_up())
        elif change.old is call.leg:
            call.line.replace(change)
        else:
            call.handover.replace(change.new)

    def _call_of(self, leg: SipLeg) -> CallRunner | None:
        calls = self._house.calls.values()
        return next((call for call in calls if leg is call.leg or leg is call.handover.leg), None)
