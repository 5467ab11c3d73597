"""What a contact is about: a form that was filled in belongs to the topic of its article, no matter of its own."""

from __future__ import annotations

from voice.dialog.flow_spec import load_flows

FLOW_PREFIX = "flow:"
"""Begins the topic of a matter that has a form and no article."""


def topic_of(flow: str, topic: str = "") -> str:
    """Return the topic of a contact's matter; empty when it has none.

    Args:
        flow: The last form that was filled in; empty for none.
        topic: The last topic that was found; empty for none.
    """
    if not flow:
        return topic
    spec = load_flows().get(flow)
    return (spec.topic if spec is not None else "") or topic or f"{FLOW_PREFIX}{flow}"
