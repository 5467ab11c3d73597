"""Articles as files: Markdown with a head of plain `key: value` lines, written to be spoken.

    ---
    id: move-home:en
    topic: move-home
    language: en
    title: Moving home with your contract
    keywords: move, new address
    flow: appointment              (optional: a flow that is offered after the answer)
    escalate: yes                  (optional: this is for a person, who is looked for instead of an answer)
    ---

    ## What does it cost?

    - Does it cost anything to move the fibre to my new place?

    Moving your fibre is free once a year. Otherwise it costs 40 euros.

Each section is one question, lines with a hyphen that say how callers put it, and the words that answer it; a line
`flow: NAME` right under the question offers that flow after this answer alone. A file that breaks a rule is refused
with its name and line. Beside the folders of the languages, `outside.LANGUAGE.txt` holds sayings that no article
answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from calls.errors import CallCentreError
from calls.ids import LANGUAGES, Language

DEFAULT_FOLDER = Path(__file__).parent / "lumina"
"""The articles of the invented company that the program ships with."""

MAX_SECTION_WORDS = 45
"""Longest spoken passage: 15 s at 180 words a minute. Source: our choice; longer prompts are interrupted."""

_FENCE = "---"
_REQUIRED = ("id", "topic", "language", "title", "keywords")
_OPTIONAL = ("flow", "escalate")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Section:
    """One question that the article answers."""

    heading: str
    """The question, as a caller would put it."""
    text: str
    """The answer, ready to be spoken."""
    phrases: tuple[str, ...] = ()
    """How callers put the question; the index learns from them and they are never spoken."""
    flow: str | None = None
    """Name of the flow that is offered after this answer, instead of the article's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What the company says on one topic in one language."""

    article_id: str
    """`topic:language`."""
    topic: str
    language: Language
    title: str
    keywords: tuple[str, ...]
    sections: tuple[Section, ...]
    flow: str | None = None
    """Name of the flow that is offered after the answer."""
    escalate: bool = False
    """True when a person is looked for instead of an answer."""


@dataclass(frozen=True, slots=True)
class Library:
    """All articles of a folder and the sayings that none of them answers."""

    articles: tuple[Article, ...]
    """In the order of language and topic."""
    outside: dict[Language, tuple[str, ...]]

    def article(self, topic: str, language: Language) -> Article | None:
        """Return the article on `topic` in `language`, if there is one."""
        return next((a for a in self.articles if a.topic == topic and a.language == language), None)


@dataclass(slots=True)
class _Head:
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    end_line: int = 0


def load_library(folder: Path = DEFAULT_FOLDER) -> Library:
    """Read every article under `folder/LANGUAGE/*.md`.

    Raises:
        CallCentreError: `knowledge.missing` without articles, `knowledge.invalid` with the file and the line.
    """
    paths = [path for language in sorted(LANGUAGES) for path in sorted((folder / language).glob("*.md"))]
    if not paths:
        raise CallCentreError(
            "knowledge.missing",
            f"There are no articles in {folder}: it needs folders named {' and '.join(LANGUAGES)} with Markdown files.",
            fault="operator",
        )
    articles = tuple(read_article(path) for path in paths)
    seen: dict[str, Path] = {}
    for article, path in zip(articles, paths, strict=True):
        if article.article_id in seen:
            _refuse(path, 2, f"the id {article.article_id!r} is already taken by {seen[article.article_id].name}")
        seen[article.article_id] = path
        if article.language != path.parent.name:
            _refuse(path, 4, f"the language is {article.language!r}, but the folder is {path.parent.name!r}")
    return Library(articles, {language: _read_outside(folder, language) for language in LANGUAGES})


def read_article(path: Path) -> Article:
    """Read one file.

    Raises:
        CallCentreError: `knowledge.invalid` with the file and the line, `knowledge.missing` when it cannot be read.
    """
    lines = _read_lines(path)
    head = _read_head(path, lines)
    for key in _REQUIRED:
        if not head.values.get(key):
            _refuse(path, head.lines.get(key, head.end_line), f"`{key}` is missing or empty")
    values = head.values
    language = next((known for known in LANGUAGES if known == values["language"]), None)
    if language is None:
        _refuse(path, head.lines["language"], f"the language {values['language']!r} is none of {', '.join(LANGUAGES)}")
    if not _NAME.fullmatch(values["topic"]):
        _refuse(path, head.lines["topic"], "a topic is small letters, digits and single hyphens")
    if values["id"] != f"{values['topic']}:{language}":
        _refuse(path, head.lines["id"], f"the id must be {values['topic']}:{language}")
    if values.get("escalate", "no") not in ("yes", "no"):
        _refuse(path, head.lines["escalate"], "`escalate` is yes or no")
    return Article(
        article_id=values["id"],
        topic=values["topic"],
        language=language,
        title=values["title"],
        keywords=tuple(word.strip() for word in values["keywords"].split(",") if word.strip()),
        sections=_read_sections(path, lines, head.end_line),
        flow=values.get("flow"),
        escalate=values.get("escalate") == "yes",
    )


def _refuse(path: Path, line: int, why: str) -> NoReturn:
    raise CallCentreError("knowledge.invalid", f"{path}, line {line}: {why}.", fault="operator")


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        before = path.read_bytes()[: error.start].count(b"\n")
        _refuse(path, before + 1, "the text is not UTF-8")
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise CallCentreError("knowledge.missing", f"{path} cannot be read: {why}.", fault="operator") from error


def _read_head(path: Path, lines: list[str]) -> _Head:
    if not lines or lines[0].strip() != _FENCE:
        _refuse(path, 1, f"an article begins with a line {_FENCE}")
    head = _Head()
    for number, line in enumerate(lines[1:], start=2):
        text = line.strip()
        if text == _FENCE:
            head.end_line = number
            return head
        if not text:
            continue
        key, colon, value = text.partition(":")
        if not colon:
            _refuse(path, number, "expected `key: value`")
        if key not in _REQUIRED + _OPTIONAL:
            _refuse(path, number, f"`{key}` is not known; known are {', '.join(_REQUIRED + _OPTIONAL)}")
        if key in head.lines:
            _refuse(path, number, f"`{key}` is given twice, first in line {head.lines[key]}")
        head.values[key] = value.strip()
        head.lines[key] = number
    _refuse(path, len(lines), f"the head is not closed by a line {_FENCE}")


def _read_sections(path: Path, lines: list[str], after_line: int) -> tuple[Section, ...]:
    sections: list[Section] = []
    start = next((i for i in range(after_line, len(lines)) if lines[i].strip()), len(lines))
    while start < len(lines):
        end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith("## ")), len(lines))
        sections.append(_read_section(path, lines[start:end], start + 1))
        start = end
    if not sections:
        _refuse(path, len(lines), "the article has no section; a section begins with `##` and a question")
    return tuple(sections)


def _read_section(path: Path, lines: list[str], first_line: int) -> Section:
    if not lines[0].startswith("## ") or not lines[0][3:].strip():
        _refuse(path, first_line, "expected a section, which begins with `##` and a question")
    phrases: list[str] = []
    spoken: list[str] = []
    flow = ""
    for number, line in enumerate(lines[1:], start=first_line + 1):
        text = line.strip()
        if text.startswith("flow:"):
            if flow or phrases or spoken:
                _refuse(path, number, "`flow:` stands once, right under the question")
            flow = text.removeprefix("flow:").strip()
            if not flow:
                _refuse(path, number, "`flow:` names no flow")
        elif text.startswith("- "):
            if spoken:
                _refuse(path, number, "how callers put it stands before the answer; an answer has no lists")
            phrases.append(text[2:].strip())
        elif text.startswith(("#", "* ", "|", ">", "```", "1.")):
            _refuse(path, number, "only `##` headings and plain sentences can be spoken")
        elif text:
            spoken.append(text)
    answer = " ".join(spoken)
    if not answer:
        _refuse(path, first_line, f"the section {lines[0][3:].strip()!r} has no answer")
    if len(answer.split()) > MAX_SECTION_WORDS:
        why = f"the answer has {len(answer.split())} words, more than the {MAX_SECTION_WORDS} that a caller can take in"
        _refuse(path, first_line, why)
    return Section(lines[0][3:].strip(), answer, tuple(phrases), flow or None)


def _read_outside(folder: Path, language: Language) -> tuple[str, ...]:
    path = folder / f"outside.{language}.txt"
    if not path.exists():
        return ()
    lines = (line.strip() for line in _read_lines(path))
    return tuple(line for line in lines if line and not line.startswith("#"))
