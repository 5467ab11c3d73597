"""What an operator chooses about the dialog reaches the calls, and a topic that is none is told."""

from __future__ import annotations

import pytest

from calls.errors import CallCentreError
from service.config import Config, DialogSection
from service.dialog_choices import check_human_topics, dialog_settings, in_words
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


def test_when_no_article_is_about_a_topic_then_the_nearest_one_is_named() -> None:
    topics = {"complaint-procedure", "refund-status"}
    check_human_topics(chosen(human_topics=("refund-status",)), topics)
    with pytest.raises(CallCentreError, match=r"'refunds-status' of \[dialog\] human_topics; did you mean 'refund-st"):
        check_human_topics(chosen(human_topics=("refunds-status",)), topics)
