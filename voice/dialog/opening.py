"""The first words, consent, and the language of the call."""

from __future__ import annotations

from calls.events import ConsentSubject
from calls.ids import Language
from voice.dialog.acts import CallBegan, ConsentHow, GiveNotice, LanguageHow, SetConsent, SetLanguage
from voice.dialog.flow import load_flows
from voice.dialog.handing_over import start_flow
from voice.dialog.requests import Switch
from voice.dialog.settings import ConsentMode
from voice.dialog.talk import Talk

SUBJECTS: tuple[ConsentSubject, ...] = ("recording", "emotion")


def _mode(talk: Talk, subject: ConsentSubject) -> ConsentMode:
    return talk.settings.recording if subject == "recording" else talk.settings.emotion


def greet(talk: Talk, began: CallBegan) -> None:
    """Say who answers, that it is a machine, and what is kept; ask where consent must be asked for."""
    talk.first_flow = began.flow
    asked = [s for s in SUBJECTS if _mode(talk, s) == "ask"]
    told = [s for s in SUBJECTS if _mode(talk, s) == "stay"]
    for subject in SUBJECTS:
        talk.consent[subject] = "never" if _mode(talk, subject) == "off" else "unasked"
    talk.do(
        GiveNotice(automatic=True, recording=_mode(talk, "recording") != "off", emotion=_mode(talk, "emotion") != "off")
    )
    if began.greeting:
        talk.say_text(began.greeting, kind="notice", interruptible=False, detail="greeting")
    else:
        talk.say("greeting.open", kind="notice", interruptible=False, detail="greeting")
    talk.say("greeting.automatic", kind="notice", interruptible=False)
    if talk.settings.other_language:
        talk.say("language.offer", kind="notice", language=_other(talk.language))
    if told:
        key = "record_and_feel" if len(told) == 2 else ("record" if told == ["recording"] else "feel")
        talk.say(f"greeting.{key}", kind="notice", interruptible=False)
    if asked:
        talk.pending = "consent"
        _ask_consent(talk, asked)
    else:
        _go_on(talk)


def _ask_consent(talk: Talk, asked: list[ConsentSubject]) -> None:
    key = "ask_record_and_feel" if len(asked) == 2 else ("ask_record" if asked == ["recording"] else "ask_feel")
    talk.say(f"greeting.{key}", kind="notice", expects="yes_no", interruptible=False)


def _go_on(talk: Talk) -> None:
    """Ask the open question, or begin the flow of the dial plan."""
    talk.pending = "open"
    if not talk.open:
        talk.say("greeting.after_hours", kind="notice")
    spec, talk.first_flow = load_flows().get(talk.first_flow), ""
    if spec is not None:
        start_flow(talk, spec, offer=False)
    else:
        talk.say("greeting.how_can_i_help")


def ask_consent_again(talk: Talk) -> None:
    """Ask once more after silence."""
    talk.say("greeting.ask_again", expects="yes_no")


def staying_counts(talk: Talk) -> None:
    """Take the caller's staying after the notice for consent, where the line is run that way."""
    for subject in SUBJECTS:
        if talk.consent.get(subject) == "unasked" and _mode(talk, subject) == "stay":
            _set(talk, subject, given=True, how="stayed")


def settle_consent(talk: Talk, *, given: bool, how: ConsentHow, quiet: bool = False) -> None:
    """Take the answer to the question for consent; without a yes nothing is kept and the call goes on."""
    for subject in SUBJECTS:
        if _mode(talk, subject) == "ask" and talk.consent.get(subject) == "unasked":
            _set(talk, subject, given=given, how=how)
    talk.pending = "open"
    if not quiet:
        talk.say("consent.thanks" if given else "consent.refused")
        _go_on(talk)


def _set(talk: Talk, subject: ConsentSubject, *, given: bool, how: ConsentHow) -> None:
    talk.consent[subject] = "given" if given else "refused"
    talk.do(SetConsent(subject=subject, given=given, how=how))


def switch(talk: Talk, wanted: Switch, how: ConsentHow) -> None:
    """Switch the recording or the estimate of emotion off or on, as the caller asks."""
    subject: ConsentSubject = "recording" if wanted.startswith("recording") else "emotion"
    if talk.consent.get(subject) == "never":
        talk.say(f"consent.{subject}_never")
        return
    given = wanted.endswith("_on")
    if talk.consent.get(subject) != ("given" if given else "refused"):
        _set(talk, subject, given=given, how=how)
    talk.say(f"consent.{wanted}")


def _other(language: Language) -> Language:
    return "en" if language == "es" else "es"


def change_language(talk: Talk, language: Language, how: LanguageHow) -> bool:
    """Speak `language` from here on; False when this line does not, or already does."""
    if language == talk.language or not talk.settings.other_language:
        return False
    talk.language = language
    talk.do(SetLanguage(language=language, how=how))
    return True
