"""What the policy was before the caller's last turn, while that turn may be taken back."""

from __future__ import annotations

from voice.dialog.acts import AgentsSignedIn, DialogInput, SayDone
from voice.dialog.memory import Memory
from voice.dialog.policy import DialogPolicy


class TurnMemory:
    """One turn's memory, and what came since that holds whether the turn stands or not."""

    def __init__(self, policy: DialogPolicy) -> None:
        """Nothing is remembered yet."""
        self._policy = policy
        self._before: Memory | None = None
        self._since: list[DialogInput] = []

    def remember(self) -> None:
        """A turn is about to be told to the policy."""
        self._before, self._since = self._policy.remember(), []

    def forget(self) -> None:
        """The turn stands, or another one has ended."""
        self._before, self._since = None, []

    def note(self, news: DialogInput) -> None:
        """Take note of what the policy is told: sayings that are over stay over, and people stay signed in."""
        if self._before is not None and isinstance(news, SayDone | AgentsSignedIn):
            self._since.append(news)

    def go_back(self, now_ms: int) -> tuple[DialogInput, ...] | None:
        """Set the policy back; return what it must be told again, None when there is nothing to go back to."""
        if self._before is None:
            return None
        before, since = self._before, tuple(self._since)
        self.forget()
        self._policy.restore(before, now_ms)
        return since
