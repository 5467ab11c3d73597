"""The values of To, From, Contact, Route and their kin: name, URI and parameters (RFC 3261 section 20.10)."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sip.grammar import (
    Params,
    SipSyntaxError,
    format_params,
    param,
    parse_params,
    quote,
    split_outside,
    unquote,
)
from telephony.sip.uri import SipUri, Uri, parse_uri


@dataclass(frozen=True, slots=True)
class NameAddr:
    """A party as a header names it."""

    uri: Uri
    display_name: str = ""
    params: Params = ()

    @property
    def tag(self) -> str | None:
        """The dialog tag, None when there is none."""
        return param(self.params, "tag")

    def with_tag(self, tag: str) -> NameAddr:
        """Return the same party with this tag."""
        kept = tuple(item for item in self.params if item[0] != "tag")
        return NameAddr(self.uri, self.display_name, (*kept, ("tag", tag)))

    def __str__(self) -> str:
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>{format_params(self.params)}"


def parse_name_addr(text: str) -> NameAddr:
    """Parse `"Name" <uri>;params` or `uri;params`; without brackets the parameters belong to the header.

    An unquoted display name may hold any character but a comma or a quote: phones write accents and brackets there.

    Raises:
        SipSyntaxError: When it is neither form.
    """
    text = text.strip()
    pieces = split_outside(text, ";")
    head = pieces[0].strip()
    if "<" not in head:
        if "?" in head or "," in head:
            raise SipSyntaxError("a URI with `?` or `,` must stand in angle brackets")
        return NameAddr(parse_uri(head), "", parse_params(pieces[1:], "an address"))
    quoted_end = _end_of_quoted(head)
    open_at = head.index("<", quoted_end)
    name = head[:open_at].strip()
    if name and not name.startswith('"') and ("," in name or '"' in name):
        raise SipSyntaxError("a display name with a comma must be quoted")
    if name.startswith('"') and head[quoted_end:open_at].strip():
        raise SipSyntaxError("something follows a quoted display name")
    if not head.endswith(">"):
        raise SipSyntaxError("something follows the closing angle bracket")
    return NameAddr(parse_uri(head[open_at + 1 : -1]), unquote(name), parse_params(pieces[1:], "an address"))


def parse_sip_name_addr(text: str) -> tuple[NameAddr, SipUri]:
    """Parse a name-addr whose URI must be a SIP URI; return both.

    Raises:
        SipSyntaxError: When the grammar or the scheme is wrong.
    """
    address = parse_name_addr(text)
    if not isinstance(address.uri, SipUri):
        raise SipSyntaxError("the URI is not a SIP URI")
    return address, address.uri


def _end_of_quoted(head: str) -> int:
    if not head.startswith('"'):
        return 0
    index = 1
    while head[index] != '"':
        index += 2 if head[index] == "\\" else 1
    return index + 1
