"""What may be kept of a call at this moment: pure bookkeeping of consent and pauses.

Recording consent covers the sound and everything that was said; emotion consent covers the estimates. Where consent is
required and missing, only the frame of the call (who, when, how it ended) is stored, and the call goes on.
"""

from __future__ import annotations

from calls.events import ConsentSubject, EventBody
from service.config import PrivacySection

WORDS = frozenset(
    {
        "utterance_heard",
        "turn_ended",
        "turn_reopened",
        "digits_pressed",
        "slot_filled",
        "topic_found",
        "brief_prepared",
        "act_decided",
    }
)
"""Bodies that hold what was said or follow from it."""

FEELINGS = frozenset({"emotion_estimated", "feeling_read"})


class Consent:
    """One call's consents."""

    def __init__(self, privacy: PrivacySection, *, feels: bool = True) -> None:
        """Nothing is agreed yet; what is switched off by config, or by the number that was called, never will be."""
        self._modes = {"recording": privacy.recording, "emotion": privacy.emotion if feels else "off"}
        self._given: dict[str, bool] = {"recording": False, "emotion": False}
        self._decided: set[str] = set()

    def set(self, subject: ConsentSubject, *, given: bool) -> None:
        """The caller agreed or refused."""
        self._decided.add(subject)
        self._given[subject] = given and self._modes[subject] != "off"

    def forget(self, subject: ConsentSubject) -> None:
        """Nothing is decided any more: what staying agreed to waits for a notice in the caller's language."""
        self._decided.discard(subject)
        self._given[subject] = False

    @property
    def recording(self) -> bool:
        """Whether sound may be kept now."""
        return self._given["recording"]

    @property
    def words(self) -> bool:
        """Whether words may be kept now. Switching the recording off by config does not forbid the transcript."""
        if self._modes["recording"] == "ask":
            return self._given["recording"]
        return not ("recording" in self._decided and not self._given["recording"] and self._modes["recording"] != "off")

    @property
    def emotion(self) -> bool:
        """Whether emotion may be estimated now."""
        return self._given["emotion"]

    def may_keep(self, body: EventBody) -> bool:
        """Whether `body` may be written to the log."""
        if body.type in WORDS:
            return self.words
        if body.type in FEELINGS:
            return self.emotion and self.words
        return True
