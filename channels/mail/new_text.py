"""What is new in the text of a mail: without the mails that it quotes, the signature and the lawyers' lines. Pure.

Works by lines and only cuts what it knows; when nothing would be left, everything is (a forwarded mail is the message).
Spanish and English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LARGEST_CHARS = 200_000
"""More of a text is not looked at, and left out. Source: our choice, some hundred pages."""
ATTRIBUTION_LINES = 4
"""Mail programs fold "On … wrote:" at 76 characters, and addresses are long."""
TAIL_LINES = 8
"""A signature has no more lines below the greeting, else it is text. Source: our choice; 4 below "-- " are netiquette
(RFC 1855 section 2.1.1), companies take twice that."""
TAIL_CHARS = 80

_QUOTED = re.compile(r"\s{0,3}>")
_ATTRIBUTION = re.compile(
    r"(?:"
    r"(?:on|el)\s.{6,400}?\s(?:wrote|writes|escribi[oó]|ha escrito)\s*:"
    r"|.{3,300}?\s(?:wrote|escribi[oó])(?:\s(?:on|el)\s.{6,200}?)?\s*:"
    r"|\d{4}-\d\d-\d\d \d\d?:\d\d .{3,200}<[^<>\s]+@[^<>\s]+>\s*:"
    r")\s*",
    re.IGNORECASE | re.DOTALL,
)
_HAS_DATE_OR_ADDRESS = re.compile(r"\d{1,2}[:./-]\d{1,2}|\d{4}|@")
_ORIGINAL = re.compile(
    r"\s*[-_*]{2,}\s*(?:original (?:message|e-?mail)|mensaje original|correo original)\s*[-_*]{2,}\s*", re.IGNORECASE
)
_FORWARDED = re.compile(
    r"\s*(?:[-_*]{2,}\s*(?:forwarded message|mensaje reenviado|begin forwarded message)\s*[-_*]{0,}"
    r"|begin forwarded message:|inicio del mensaje reenviado:)\s*",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*_{20,}\s*")
_HEADER_FIRST = re.compile(r"[\s*]*(?:from|de)\s*\*?:\s*\*?\s*\S", re.IGNORECASE)
_HEADER_NEXT = re.compile(
    r"[\s*]*(?:sent|date|to|cc|subject|enviado(?: el)?|fecha|para|asunto|importance|importancia)\s*\*?:", re.IGNORECASE
)

_DASHES = re.compile(r"--\s?|—\s?|__+\s*")
_SENT_FROM = re.compile(
    r"[\s*_]*(?:sent from (?:my|outlook|mail|yahoo|proton)|get outlook for|enviado desde (?:mi|outlook|correo|yahoo|el)"
    r"|obtener outlook para|obtén outlook para|descarga outlook)\b.{0,100}",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\s*(?:(?:un )?(?:cordial |afectuoso )?saludos?(?: cordial(?:es)?)?|saludos cordiales|atentamente|cordialmente"
    r"|atte\.?|muchas gracias(?: y| de antemano)?(?:,? (?:un )?saludos?)?|gracias(?: y (?:un )?saludos?)?|un abrazo"
    r"|(?:kind(?:est)?|best|warm) (?:regards|wishes)|regards|yours (?:sincerely|faithfully|truly)|sincerely"
    r"|(?:many )?thanks(?: (?:and|in) (?:regards|advance))?|thank you|cheers|best|all the best)\s*[,.!]?\s*",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"\s*(?:p\.?\s?[ds]\.?|nota)\s?[:.\s]", re.IGNORECASE)
_PARTICLES = frozenset(
    {"de", "del", "la", "las", "los", "el", "al", "y", "e", "a", "en", "of", "the", "and", "at", "for"}
    | {"tel", "tfno", "fax", "mobile", "móvil"}
)
_ADDRESSES = re.compile(r"\S*[@./]\S+")
_LAWYERS = re.compile(
    r"[\s*]*(?:(?:aviso legal|aviso de confidencialidad|cláusula de confidencialidad|confidentiality notice|disclaimer"
    r"|legal notice)\b"
    r"|(?:este (?:mensaje|correo)|this (?:e-?mail|message))\b[^\n]{0,80}"
    r"\b(?:confiden|dirigid|destinatari|intended|privileg)"
    r"|antes de imprimir|before printing|please consider the environment)",
    re.IGNORECASE,
)


def new_text(text: str) -> str:
    """Return what the writer wrote this time, its paragraphs kept; never empty when there is text at all."""
    whole = text[:LARGEST_CHARS].replace("\r\n", "\n").replace("\r", "\n").replace("\u200b", "")
    lines = [line.rstrip() for line in whole.split("\n")]
    unquoted = _without_quotes(lines)
    if not any(line.strip() for line in unquoted):
        return _joined(lines)
    unsigned = _without_signature(unquoted)
    return _joined(unsigned) or _joined(unquoted)


def _joined(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_quotes(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _FORWARDED.fullmatch(line):
            kept += lines[at:]  # what was passed on is what it is about
            break
        height = _attribution_at(lines, at)
        if height:
            after = _next_filled(lines, at + height)
            if after < len(lines) and not _QUOTED.match(lines[after]):
                break  # nothing marks the quote, so that it goes on to the end
            at += height
            continue
        if _ORIGINAL.fullmatch(line) or _header_block_at(lines, at):
            break
        if _QUOTED.match(line):
            at += 1
            continue
        kept.append(line)
        at += 1
    return kept


def _attribution_at(lines: Sequence[str], at: int) -> int:
    """Return how many lines the "On … wrote:" has that begins here; 0 for none."""
    if not lines[at].strip() or _QUOTED.match(lines[at]):
        return 0
    for height in range(1, ATTRIBUTION_LINES + 1):
        piece = lines[at : at + height]
        if len(piece) < height or not piece[-1].strip() or sum(len(line) for line in piece) > 600:
            return 0
        if piece[-1].endswith(":"):
            joined = " ".join(line.strip() for line in piece)
            fits = _ATTRIBUTION.fullmatch(joined) and _HAS_DATE_OR_ADDRESS.search(joined)
            return height if fits else 0
    return 0


def _header_block_at(lines: Sequence[str], at: int) -> bool:
    """Tell whether the lines that Outlook puts over an earlier mail begin here."""
    if _RULE.fullmatch(lines[at]):
        at = _next_filled(lines, at + 1)
        if at >= len(lines):
            return False
    if not _HEADER_FIRST.match(lines[at][:200]):
        return False
    return sum(bool(_HEADER_NEXT.match(line[:200])) for line in lines[at + 1 : at + 8]) >= 2


def _next_filled(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _without_signature(lines: Sequence[str]) -> list[str]:
    kept = list(lines)
    for at, line in enumerate(kept):
        if _DASHES.fullmatch(line) and any(before.strip() for before in kept[:at]):
            kept = kept[:at]
            break
    for at, line in enumerate(kept):
        if _LAWYERS.match(line[:300]) and any(before.strip() for before in kept[:at]):
            kept = kept[:at]
            break
    kept = [line for line in kept if not _SENT_FROM.fullmatch(line[:200])]
    for at in range(len(kept) - 1, -1, -1):
        if _GREETING.fullmatch(kept[at][:120]) and _is_tail(kept[at + 1 :]):
            return kept[:at] if any(line.strip() for line in kept[:at]) else kept
    return kept


def _is_tail(lines: Sequence[str]) -> bool:
    """Tell whether what follows a greeting is a name and how to reach it, not a further thought."""
    filled = [line for line in lines if line.strip()]
    if len(filled) > TAIL_LINES:
        return False
    return not any(len(line) > TAIL_CHARS or "?" in line or _POSTSCRIPT.match(line) or _says(line) for line in filled)


def _says(line: str) -> bool:
    """Tell a sentence from the lines of a card: names and streets have few words in small letters."""
    words = re.findall(r"[^\W\d_]+", _ADDRESSES.sub(" ", line))
    small = [word for word in words if word[0].islower() and word.lower() not in _PARTICLES]
    return len(small) >= 2
