"""What the operator chose about the dialog, in the dialog's own words, and whether the chosen topics exist."""

from __future__ import annotations

from collections.abc import Iterable

from calls.errors import CallCentreError
from service.config import Config
from service.config_values import nearest
from voice.dialog.settings import CRISIS_LINES, DialogSettings


def dialog_settings(config: Config) -> DialogSettings:
    """Return the dialog's choices for one call."""
    return DialogSettings(
        company=config.dial_plan.company,
        recording=config.privacy.recording,
        emotion=config.privacy.emotion,
        retention_days=config.privacy.retention_days,
        country=config.dialog.country,
        emergency_number=config.dialog.emergency_number,
        crisis_line=config.dialog.crisis_line,
        flows=config.dialog.flows,
        human_topics=frozenset(config.dialog.human_topics),
        anger_prob=config.dialog.anger_prob,
    )


def check_human_topics(config: Config, topics: Iterable[str]) -> None:
    """Make sure that each topic which is for people only is the topic of an article.

    Raises:
        CallCentreError: `config.bad_value`, with the nearest topic.
    """
    known = set(topics)
    for topic in config.dialog.human_topics:
        if topic not in known:
            raise CallCentreError(
                "config.bad_value",
                f"No article is about the topic {topic!r} of [dialog] human_topics{nearest(topic, known)}",
                fault="operator",
            )


def in_words(config: Config) -> str:
    """Return whom callers in danger are sent to and what only people do, for an operator to read."""
    settings = dialog_settings(config)
    crisis = settings.crisis_line or CRISIS_LINES.get(settings.country, "none")
    people = ", ".join(config.dialog.human_topics) or "no topic"
    return f"emergency {settings.emergency}, crisis line {crisis}; only people handle: {people}"
