"""Who may prove to be somebody here: phones of ours, and trunks that shall not be believed by their address alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from telephony.rtp.dtls_terms import SrtpWish
from telephony.sip.digest import Algorithm, account_hash


@dataclass(frozen=True, slots=True)
class Account:
    """One user name with what its password is held against."""

    name: str
    """By which the rest of the house knows it."""
    user: str
    hashes: Mapping[Algorithm, str] = field(repr=False)
    """H(user:realm:password) by algorithm; passwords themselves are not kept."""
    display_name: str = ""
    is_phone: bool = True
    """False for a trunk."""
    srtp: SrtpWish = False
    """Calls to it are encrypted, or not placed."""


KEPT: tuple[Algorithm, ...] = ("SHA-256", "MD5")
"""What hashes are kept for."""


def password_hashes(user: str, realm: str, password: str) -> dict[Algorithm, str]:
    """Return what is kept of a password."""
    return {kind: account_hash(kind, user, realm, password) for kind in KEPT}


def common_algorithms(accounts: Iterable[Account], wanted: Iterable[Algorithm]) -> tuple[Algorithm, ...]:
    """Return what every account can be asked for, the most wanted first: a challenge must not tell users apart."""
    listed = tuple(accounts)
    return tuple(kind for kind in wanted if all(kind in account.hashes for account in listed))
