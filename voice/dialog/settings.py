"""What an operator may choose about the dialog; everything has a default that works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ConsentMode = Literal["stay", "ask", "off"]
"""`stay`: the caller is told, staying on the line is consent; `ask`: nothing is kept until the caller says yes or
presses 1; `off`: the thing is not done at all."""

DEFAULT_EMERGENCY_NUMBER = "112"
"""Source: Directive (EU) 2018/1972 article 109; also answered on mobile networks of most other countries."""

EMERGENCY_NUMBERS: Mapping[str, str] = {"ES": "112", "MX": "911", "US": "911", "AR": "911", "CO": "123", "CL": "133"}
"""ISO 3166 country code → number to call when life is in danger. Source: ITU operational bulletin, national plans."""

CRISIS_LINES: Mapping[str, str] = {"ES": "024", "US": "988"}
"""ISO 3166 country code → suicide prevention line, day and night. Source: Spanish Ministry of Health; 47 CFR 52.200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogSettings:
    """Choices of one line (one entry of the dial plan)."""

    medium: Literal["voice", "text"] = "voice"
    """`text`: the same talk in writing, by chat or mail; sentences that speak of calls, voices or keys are others."""
    company: str = "Lumina"
    recording: ConsentMode = "stay"
    emotion: ConsentMode = "stay"
    emergency_number: str = ""
    """Spoken with every safety advice about life, fire or gas; empty: the country's own, 112 where it is not known."""
    country: str = "ES"
    """ISO 3166 code of where callers are; chooses the crisis line when none is given."""
    crisis_line: str = ""
    """Number for people who think of harming themselves; empty: the country's own, if it is known."""
    retention_days: int = 90
    """How long a call is kept, told to callers who ask."""
    default_country: str = ""
    """ISO 3166 code for phone numbers without prefix; empty: 9 digits ES, 10 digits MX in Spanish and US in English."""
    other_language: bool = True
    """Whether the caller may change between Spanish and English."""
    flows: tuple[str, ...] = ("bill_explained", "outage_report", "appointment", "callback", "electronic_bill")
    """Names of the flows in `flows/` that are switched on."""
    human_topics: frozenset[str] = frozenset()
    """Topics that only a human may handle: found, they escalate with reason `topic`."""
    answer_min_score: float = 0.5
    """From this relevance on a passage is spoken as the answer."""
    clarify_min_score: float = 0.3
    """From here on the bot asks which of the two best topics was meant; below, it is out of scope."""
    no_input_ms: int = 7_000
    """Silence after a prompt until the bot asks again. Source: our choice, above the 5 s usual on phone lines."""
    slot_no_input_ms: int = 10_000
    """The same after a question for a number, name or date, which callers often have to look for."""
    patience_ms: int = 30_000
    """The same after the caller asked for more time."""
    interdigit_ms: int = 4_000
    """Pause after a key that ends an entry without `#`. Source: our choice, usual for exchanges."""
    look_up_ms: int = 4_000
    """How long the knowledge may take before the bot says that it cannot look it up."""
    look_up_filler_ms: int = 1_200
    """How long the knowledge may take before a filler is spoken, so that the line is never dead."""
    waiting_word_ms: int = 20_000
    """Between two words of patience while a human is being looked for."""
    place_every_ms: int = 45_000
    """Between two words on the place in the queue."""
    message_ms: int = 120_000
    """How long a message for humans may be."""
    anger_prob: float = 0.6
    """Calibrated probability of anger from which a turn counts as heated."""

    @property
    def emergency(self) -> str:
        """The number to call when life is in danger."""
        return self.emergency_number or EMERGENCY_NUMBERS.get(self.country, DEFAULT_EMERGENCY_NUMBER)
