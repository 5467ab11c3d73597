"""The text of an HTML mail, as a reader sees it; earlier mails that it quotes are left out. Pure; never raises."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

LARGEST_CHARS = 500_000
"""More of a page is not looked at. Source: our choice; mails are seldom above 100 kB of HTML, and a page of this size
takes about a second."""
_CONFIG = ParserConfig(css=CSS_PROFILES["strict"].copy())

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_SILENT = frozenset({"script", "style", "head", "title", "template", "object", "svg"})
_QUOTE_CLASSES = frozenset(
    {"gmail_quote", "gmail_quote_container", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote"}
)
_QUOTE_IDS = ("divrplyfwdmsg", "appendonsend", "isforwardcontent")
_SIGNATURE_CLASSES = frozenset({"gmail_signature", "moz-signature"})
_TAG = re.compile(r"/?[a-z][a-z0-9]{0,15}")
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)


def html_to_text(page: str, *, quoted: bool = True) -> str:
    """Return the text.

    Args:
        page: The HTML.
        quoted: False leaves out what mail programs mark as an earlier mail or as a signature.
    """
    page = page[:LARGEST_CHARS]
    pruned = _pruned(page, quoted=quoted)
    try:
        text = get_text(pruned, _CONFIG)
    except Exception:  # noqa: BLE001 -- a stranger's page in a library's hands: whatever happens, its words are kept
        text = unescape(re.sub(r"<[^>]{0,2000}>", " ", pruned))
    lines = (" ".join(line.split()) for line in text.replace("\xa0", " ").splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _pruned(page: str, *, quoted: bool) -> str:
    pruner = _Pruner(quoted=quoted)
    try:
        pruner.feed(page)
        pruner.close()
    except (ValueError, AssertionError, RecursionError):
        return page
    return "".join(pruner.kept)


class _Pruner(HTMLParser):
    """Copies a page without what nobody sees, and without quotes where they are not wanted."""

    def __init__(self, *, quoted: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._quoted = quoted
        self._inside: list[str] = []
        """Elements that are open within the one that is left out, which is the first."""
        self._rest_left_out = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._rest_left_out:
            return
        if self._inside and self._inside[0] == "head" and tag == "body":
            self._inside.clear()  # the end of a head may be left out
        if self._inside:
            if tag not in _VOID and len(self._inside) < 1000:
                self._inside.append(tag)
            return
        given = {name: value or "" for name, value in attrs}
        if not self._quoted and given.get("id", "").lower().removeprefix("x_") in _QUOTE_IDS:
            self._rest_left_out = True  # Outlook marks the line above the earlier mail, which follows it
            return
        if tag not in _VOID and self._is_left_out(tag, given):
            self._inside.append(tag)
            return
        self._keep_tag(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if not self._inside and not self._rest_left_out and tag not in _SILENT:
            self._keep_tag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._rest_left_out:
            return
        if not self._inside:
            self._keep_tag(f"/{tag}")
        elif tag in self._inside:  # an element that was never closed ends with the one around it
            last = len(self._inside) - 1 - self._inside[::-1].index(tag)
            del self._inside[last:]

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep_tag(self, tag: str) -> None:
        """Keep a tag without attributes: a style could ask for a million empty lines."""
        if _TAG.fullmatch(tag):
            self.kept.append(f"<{tag}>")

    def _keep(self, text: str) -> None:
        if not self._inside and not self._rest_left_out:
            self.kept.append(text)

    def _is_left_out(self, tag: str, given: dict[str, str]) -> bool:
        if tag in _SILENT or _HIDDEN.search(given.get("style", "")[:500]):
            return True
        if self._quoted:
            return False
        classes = {name.removeprefix("x_") for name in given.get("class", "").split()}
        if classes & _QUOTE_CLASSES or classes & _SIGNATURE_CLASSES:
            return True
        return tag == "blockquote" and given.get("type", "").lower() == "cite"
