"""What the company says: complete in both languages, true to the facts, and refused with file and line when broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calls.errors import CallCentreError
from calls.ids import LANGUAGES, Language
from knowledge.articles import MAX_SECTION_WORDS, Library, load_library, read_article
from knowledge.passages import IndexedArticle, SectionRows
from tests.knowledge.conftest import PIZZA

FACTS = {
    "bill-explained": "5 24",
    "bill-higher-than-usual": "30 60",
    "payment-methods": "2 1",
    "payment-plan": "3 2 12 6 5",
    "late-payment-fee": "7 6 12 30 18 24",
    "refund-status": "5 10 15",
    "direct-debit-setup": "10",
    "change-billing-date": "1 28 6",
    "paper-to-ebill": "1 65",
    "power-outage-report": "24 10",
    "power-outage-status": "30 6",
    "meter-reading-submit": "18 24",
    "smart-meter": "30 10",
    "move-home": "15 40",
    "new-connection": "7 3 20 40",
    "cancel-contract": "2 30",
    "contract-penalty": "12 120 14",
    "change-plan": "300 600 1000 10 40 12",
    "internet-slow": "80 5 1000",
    "internet-down": "2 24",
    "router-setup": "1 10",
    "wifi-password": "10",
    "technician-appointment": "3 8 45",
    "reschedule-appointment": "8 20 24",
    "sim-activation": "2",
    "sim-lost-block": "5",
    "number-portability": "1 5",
    "roaming-abroad": "1 2 4 3 50",
    "data-usage": "242 1 256 2 3 10 8 80 100",
    "account-password-reset": "30 5 1",
    "update-personal-data": "2",
    "complaint-procedure": "15 30",
}
"""The numbers that an article on each topic must tell. Source: `topics.md` of the shared data."""


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


def test_when_the_articles_are_loaded_then_every_topic_has_both_languages(library: Library) -> None:
    for topic in FACTS:
        for language in LANGUAGES:
            assert library.article(topic, language) is not None, f"{topic} in {language}"
    assert len(library.articles) == len(FACTS) * len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", FACTS)
def test_when_a_topic_has_numbers_then_the_article_tells_them_and_no_others(
    library: Library, topic: str, language: Language
) -> None:
    article = library.article(topic, language)
    assert article is not None
    told = {number for section in article.sections for number in re.findall(r"\d+", section.text)}
    assert told == set(FACTS[topic].split())


def test_when_an_article_is_spoken_then_each_answer_is_short_and_is_a_sentence(library: Library) -> None:
    for article in library.articles:
        for section in article.sections:
            assert len(section.text.split()) <= MAX_SECTION_WORDS
            assert section.text.endswith("."), section.text
            assert not re.search(r"[*_#|()%€&/]", section.text), section.text


def test_when_the_index_learns_then_every_section_has_sayings_and_every_topic_a_dozen(library: Library) -> None:
    for article in library.articles:
        assert all(section.phrases for section in article.sections), article.article_id
        assert sum(len(section.phrases) for section in article.sections) >= 12
    for language in LANGUAGES:
        assert len(library.outside[language]) >= 150


def test_when_a_spanish_article_is_spoken_then_it_says_usted(library: Library) -> None:
    familiar = re.compile(r"\b(?:tú|tu|tus|te|puedes|tienes|llama|vosotros)\b", re.IGNORECASE)
    spoken = [(a.article_id, s.text) for a in library.articles if a.language == "es" for s in a.sections]
    assert [(name, text) for name, text in spoken if familiar.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_the_electronic_bill_is_explained_then_only_those_who_want_it_are_offered_its_form(
    library: Library, language: Language
) -> None:
    article = library.article("paper-to-ebill", language)
    assert article is not None
    assert article.flow is None
    assert [section.flow for section in article.sections] == ["electronic_bill", None, "electronic_bill", None]


def test_when_a_section_names_a_flow_then_its_passage_offers_that_one(tmp_path: Path) -> None:
    path = tmp_path / "pizza.md"
    head = PIZZA.replace("keywords", "flow: callback\nkeywords").replace("pizza?\n", "pizza?\n\nflow: appointment\n", 1)
    path.write_text(head, encoding="utf-8")
    article = read_article(path)
    rows = tuple(SectionRows(2 * i, 2 * i + 1, ()) for i in range(2))
    indexed = IndexedArticle(article, rows, np.eye(4, dtype=np.float32))
    assert [indexed.passage(i, 1.0).flow for i in range(2)] == ["appointment", "callback"]


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (lambda t: t.replace("---\nid", "id", 1), 1, "begins with a line ---"),
        (lambda t: t.replace("title:", "titel:"), 5, "`titel` is not known; known are id, topic, language"),
        (lambda t: t.replace("title: Ordering a pizza", "title:"), 5, "`title` is missing or empty"),
        (lambda t: t.replace("title: Ordering a pizza", "Ordering a pizza"), 5, "expected `key: value`"),
        (lambda t: t.replace("language: en", "language: fr"), 4, "'fr' is none of es, en"),
        (lambda t: t.replace("id: pizza:en", "id: pizza"), 2, "the id must be pizza:en"),
        (lambda t: t.replace("topic: pizza", "topic: Pizza!"), 3, "small letters"),
        (lambda t: t.replace("title: Ordering", "topic: pizza\ntitle: Ordering"), 5, "given twice, first in line 3"),
        (lambda t: t.replace("language: en", "language: en\nescalate: maybe"), 5, "`escalate` is yes or no"),
        (lambda t: t.partition("\n---\n")[0], 6, "not closed"),
        (lambda t: t.partition("##")[0], 8, "no section"),
        (lambda t: t.replace("You order a pizza by phone.\n", ""), 9, "'How do I order a pizza?' has no answer"),
        (lambda t: t.replace("by phone.", "by phone." + " Really." * 60), 9, "66 words"),
        (lambda t: t.replace("by phone.\n", "by phone.\n\n- and this\n"), 16, "stands before the answer"),
        (lambda t: t.replace("You order", "1. You order"), 14, "plain sentences"),
        (lambda t: t.replace("You order", "flow: callback\nYou order"), 14, "stands once, right under the question"),
        (lambda t: t.replace("pizza?\n", "pizza?\nflow:\n", 1), 10, "names no flow"),
        (lambda t: t.replace("## How do I order a pizza?", "How do I order a pizza?"), 9, "expected a section"),
    ],
)
def test_when_an_article_is_broken_then_the_error_names_file_line_and_rule(
    tmp_path: Path, change: Callable[[str], str], line: int, why: str
) -> None:
    path = tmp_path / "pizza.md"
    path.write_text(change(PIZZA), encoding="utf-8")
    with pytest.raises(CallCentreError) as caught:
        read_article(path)
    assert caught.value.code == "knowledge.invalid"
    assert caught.value.message.startswith(f"{path}, line {line}: "), caught.value.message
    assert why in caught.value.message


def test_when_an_article_is_not_utf8_then_the_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pizza.md"
    path.write_bytes(PIZZA.encode().replace(b"Ordering", b"Ord\xe9ring"))
    with pytest.raises(CallCentreError, match=r"line 5: the text is not UTF-8"):
        read_article(path)


def test_when_a_file_is_missing_then_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match=r"nowhere\.md cannot be read: No such file"):
        read_article(tmp_path / "nowhere.md")


def test_when_a_folder_has_no_articles_then_the_error_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="folders named es and en") as caught:
        load_library(tmp_path)
    assert caught.value.code == "knowledge.missing"


def test_when_two_articles_claim_one_id_then_the_second_is_refused(shop: Path) -> None:
    (shop / "en" / "second.md").write_text(PIZZA, encoding="utf-8")
    with pytest.raises(CallCentreError, match=r"second\.md, line 2: the id 'pizza:en' is already taken by pizza\.md"):
        load_library(shop)


def test_when_an_article_lies_in_the_folder_of_another_language_then_it_is_refused(shop: Path) -> None:
    (shop / "es" / "pizza.md").write_text(PIZZA.replace("pizza:en", "pizza:en"), encoding="utf-8")
    (shop / "en" / "pizza.md").unlink()
    with pytest.raises(CallCentreError, match="the language is 'en', but the folder is 'es'"):
        load_library(shop)
