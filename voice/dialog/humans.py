"""Whether a caller wants a human: high recall, because a missed request is the worst a bot can do.

A request is a wish ("I want", "me pasa con") near a word for a human, a bare word for a human ("agent", "operadora"),
a department with a verb of transfer, or a refusal to talk to a machine. Telling about humans ("I spoke to an agent
yesterday", "está a nombre de otra persona"), visits ("send someone to look at it") and the words of a queue ("all our
agents are busy") are not requests.
"""

from __future__ import annotations

from voice.dialog.human_cues import CUE_THRESHOLD, cue_score
from voice.dialog.human_mentions import (
    has_other_sense,
    is_announcement,
    is_refusal,
    is_report,
    without_mentions,
    without_other_senses,
)
from voice.dialog.human_requests import asks_for_human, is_against_machines, is_bare, wishes_to_talk
from voice.dialog.misheard import mend_human_words
from voice.dialog.text import clauses, plain_speech

_BARE_WORDS = 8
"""A whole turn of more words than this is more than a bare word for a human."""

_BARE_CLAUSE_WORDS = 5
"""A clause of up to so many words that only names a human is a request: "Stop. Agent." """


def wants_human(text: str) -> bool:
    """Return whether the caller asks for a human now, in either language."""
    speech = mend_human_words(plain_speech(text))
    if not speech or is_announcement(speech):
        return False
    if is_bare(speech) and len(speech.split()) <= _BARE_WORDS and not is_refusal(speech):
        return not has_other_sense(speech)
    if is_against_machines(speech):
        return True
    if wishes_to_talk(without_other_senses(speech)) and not is_refusal(speech):
        return True
    rest = without_mentions(speech)
    if asks_for_human(rest) or cue_score(rest) >= CUE_THRESHOLD:
        return True
    parts = [mend_human_words(part) for part in clauses(text)]
    if len(parts) < 2:
        return False
    if any(is_bare(part) and len(part.split()) <= _BARE_CLAUSE_WORDS for part in parts):
        return not (is_report(speech) or has_other_sense(speech))
    return any(" " in part and cue_score(without_mentions(part)) >= CUE_THRESHOLD for part in parts)
