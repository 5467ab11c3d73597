"""What an operator chooses about the dialog reaches the calls, and a topic that is none is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls.errors import CallCentreError
from knowledge.articles import Article, Section
from service.config import Config, DialogSection
from service.dialog_choices import check_articles, dialog_settings, in_words
from tests.voice.dialog.scripted import ScriptedCall


def chosen(**dialog: object) -> Config:
    return Config(dialog=DialogSection.model_validate(dialog))


def test_when_everything_is_chosen_then_the_dialog_gets_it() -> None:
    settings = dialog_settings(
        chosen(
            country="US", crisis_line="024", flows=("callback",), human_topics=("complaint-procedure",), anger_prob=0.8
        )
    )
    assert settings.emergency == "911"
    assert settings.crisis_line == "024"
    assert settings.flows == ("callback",)
    assert settings.human_topics == {"complaint-procedure"}
    assert settings.anger_prob == 0.8


@pytest.mark.parametrize(("country", "number"), [("ES", "112"), ("MX", "911"), ("CO", "123"), ("FR", "112")])
def test_when_no_number_is_given_then_callers_in_danger_hear_the_one_of_the_country(country: str, number: str) -> None:
    call = ScriptedCall("en", settings=dialog_settings(chosen(country=country)))
    call.begin()
    call.line("> there is a fire in my kitchen")
    assert number in " ".join(say.text for say in call.said).replace(" ", "")
    assert f"emergency {number}," in in_words(chosen(country=country))


def test_when_a_topic_is_for_people_then_asking_about_it_escalates_and_otherwise_it_is_answered() -> None:
    for config, escalated in ((chosen(human_topics=("complaint-procedure",)), True), (chosen(), False)):
        call = ScriptedCall("en", settings=dialog_settings(config), agents=1)
        call.begin()
        call.line("> I want to complain about my contract")
        assert ("escalate topic" in call.line("found complaint-procedure 0.9")) is escalated


def article(topic: str, *, flow: str | None = None, escalate: bool = False) -> Article:
    return Article(
        article_id=f"{topic}:en",
        topic=topic,
        language="en",
        title=topic,
        keywords=(topic,),
        sections=(),
        flow=flow,
        escalate=escalate,
    )


def test_when_an_article_says_that_it_is_for_people_then_asking_about_it_escalates() -> None:
    articles = (article("complaint-procedure", escalate=True), article("refund-status"))
    settings = dialog_settings(chosen(), {each.topic for each in articles if each.escalate})
    call = ScriptedCall("en", settings=settings, agents=1)
    call.begin()
    call.line("> I want to complain about my contract")
    assert "escalate topic" in call.line("found complaint-procedure 0.9")
    assert in_words(chosen(), articles).endswith("only people handle: complaint-procedure")


def test_when_no_article_is_about_a_topic_then_the_nearest_one_is_named() -> None:
    articles = (article("complaint-procedure"), article("refund-status"))
    check_articles(chosen(human_topics=("refund-status",)), articles)
    with pytest.raises(CallCentreError, match=r"'refunds-status' of \[dialog\] human_topics; did you mean 'refund-st"):
        check_articles(chosen(human_topics=("refunds-status",)), articles)


@pytest.mark.parametrize(("flow", "near"), [("outage-report", "outage_report"), ("callback", "there are app")])
def test_when_an_article_offers_what_cannot_be_offered_then_the_nearest_flow_is_named(flow: str, near: str) -> None:
    check_articles(chosen(), [article("move-home", flow="appointment")])
    with pytest.raises(CallCentreError, match=rf"move-home:en wants to offer '{flow}'.*{near}"):
        check_articles(chosen(), [article("move-home", flow=flow)])
    section = Section("What?", "This.", flow=flow)
    with pytest.raises(CallCentreError, match=rf"move-home:en wants to offer '{flow}'.*{near}"):
        check_articles(chosen(), [replace(article("move-home"), sections=(section,))])
