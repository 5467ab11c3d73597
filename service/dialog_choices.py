"""What the operator chose about the dialog, in the dialog's own words, and whether the chosen topics exist."""

from __future__ import annotations

from collections.abc import Iterable

from calls.errors import CallCentreError
from knowledge.articles import Article
from service.config import Config
from service.config_values import nearest
from voice.dialog.flow_spec import load_flows
from voice.dialog.settings import CRISIS_LINES, DialogSettings


def dialog_settings(config: Config, topics_of_articles: Iterable[str] = ()) -> DialogSettings:
    """Return the dialog's choices for one call; `topics_of_articles` are for people as the articles themselves say."""
    return DialogSettings(
        company=config.dial_plan.company,
        recording=config.privacy.recording,
        emotion=config.privacy.emotion,
        retention_days=config.privacy.retention_days,
        country=config.dialog.country,
        emergency_number=config.dialog.emergency_number,
        crisis_line=config.dialog.crisis_line,
        flows=config.dialog.flows,
        human_topics=frozenset(config.dialog.human_topics).union(topics_of_articles),
        anger_prob=config.dialog.anger_prob,
        place_every_ms=config.desk.place_every_s * 1000,
        message_ms=config.desk.voicemail_s * 1000,
    )


def check_articles(config: Config, articles: Iterable[Article]) -> None:
    """Make sure that what config and articles say of each other exists: topics for people, flows that are offered.

    Raises:
        CallCentreError: `config.bad_value` or `knowledge.invalid`, with the nearest name.
    """
    articles = tuple(articles)
    flows = {spec.name for spec in load_flows().values() if "offer" in spec.texts["en"]}
    for article in articles:
        for flow in (article.flow, *(section.flow for section in article.sections)):
            if flow is not None and flow not in flows:
                raise CallCentreError(
                    "knowledge.invalid",
                    f"The article {article.article_id} wants to offer {flow!r}, which is no flow with an offer"
                    f"{nearest(flow, flows)}",
                    fault="operator",
                )
    known = {article.topic for article in articles}
    for topic in config.dialog.human_topics:
        if topic not in known:
            raise CallCentreError(
                "config.bad_value",
                f"No article is about the topic {topic!r} of [dialog] human_topics{nearest(topic, known)}",
                fault="operator",
            )


def in_words(config: Config, articles: Iterable[Article] = ()) -> str:
    """Return whom callers in danger are sent to and what only people do, for an operator to read."""
    settings = dialog_settings(config)
    crisis = settings.crisis_line or CRISIS_LINES.get(settings.country, "none")
    topics = settings.human_topics | {article.topic for article in articles if article.escalate}
    people = ", ".join(sorted(topics)) or "no topic"
    return f"emergency {settings.emergency}, crisis line {crisis}; only people handle: {people}"
