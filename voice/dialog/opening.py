"""The first words, consent, and the language of the call."""

from __future__ import annotations

from calls.events import ConsentSubject
from calls.ids import Language
from voice.dialog.acts import CallBegan, ConsentHow, Expects, GiveNotice, LanguageHow, SetConsent, SetLanguage
from voice.dialog.flow_spec import load_flows
from voice.dialog.handing_over import escalate, start_flow
from voice.dialog.prompts import phrase
from voice.dialog.settings import ConsentMode, DialogSettings
from voice.dialog.switches import Switch
from voice.dialog.talk import Talk

SUBJECTS: tuple[ConsentSubject, ...] = ("recording", "emotion")

_AUTOMATIC = "greeting.automatic"
_QUESTION = "greeting.ask_"
"""How the names of the questions for consent begin."""

_NOTICE_TRIES = 4
"""Sentences of the notice that are said again when they were cut off. Source: our choice; then nothing is kept."""


def usual_opening(settings: DialogSettings, language: Language) -> list[tuple[str, Language]]:
    """Return what calls in a language usually begin with; a gap in it would be taken for its end."""
    told = [subject for subject in SUBJECTS if _mode(settings, subject) == "stay"]
    asked = [subject for subject in SUBJECTS if _mode(settings, subject) == "ask"]
    keys = ["greeting.open", _AUTOMATIC]
    keys += [f"greeting.{_name(told)}"] if told else []
    keys += [f"{_QUESTION}{_name(asked)}"] if asked else []
    said = [(phrase(settings, language, key), language) for key in (*keys, "greeting.how_can_i_help")]
    if settings.other_language:
        other = other_language(language)
        said.insert(2, (phrase(settings, other, "language.offer"), other))
    return said


def _mode(settings: DialogSettings, subject: ConsentSubject) -> ConsentMode:
    return settings.recording if subject == "recording" else settings.emotion


def greet(talk: Talk, began: CallBegan) -> None:
    """Say who answers, that it is a machine, and what is kept; ask where consent must be asked for."""
    talk.first_flow, talk.first_queue = began.flow, began.queue
    for subject in SUBJECTS:
        talk.consent[subject] = "never" if _mode(talk.settings, subject) == "off" else "unasked"
    if began.greeting:
        talk.say_text(began.greeting, kind="notice", interruptible=False, detail="greeting")
    else:
        talk.say("greeting.open", kind="notice", interruptible=False, detail="greeting")
    talk.noticed_in = talk.language
    _say_notice(talk, _AUTOMATIC)
    if talk.settings.other_language and talk.settings.medium == "voice":
        talk.say("language.offer", kind="notice", language=other_language(talk.language))
    _say_what_is_kept(talk)
    if talk.pending != "consent":
        _go_on(talk)


def _say_what_is_kept(talk: Talk) -> None:
    """Tell what staying agrees to, and ask for what must be asked for, as far as neither is settled."""
    told = _told(talk)
    if told:
        _say_notice(talk, f"greeting.{_name(told)}")
    asked = [s for s in SUBJECTS if _mode(talk.settings, s) == "ask" and talk.consent[s] == "unasked"]
    if asked and (talk.pending == "consent" or not talk.noticed):
        talk.pending = "consent"
        _say_notice(talk, f"{_QUESTION}{_name(asked)}")


def _told(talk: Talk) -> list[ConsentSubject]:
    return [s for s in SUBJECTS if _mode(talk.settings, s) == "stay" and talk.consent[s] != "refused"]


def _name(subjects: list[ConsentSubject]) -> str:
    return "record_and_feel" if len(subjects) == 2 else ("record" if subjects == ["recording"] else "feel")


def _say_notice(talk: Talk, key: str) -> None:
    expects: Expects = "yes_no" if key.startswith(_QUESTION) else "open"
    talk.notice[talk.say(key, kind="notice", expects=expects, interruptible=False)] = key


def notice_said(talk: Talk, say_id: str, *, interrupted: bool) -> None:
    """Take note how a sentence of the notice ended: heard, the whole of it counts; cut off, it is said again."""
    key = talk.notice.get(say_id)
    if key is None:
        return
    if interrupted:
        if key.startswith(_QUESTION) and talk.pending != "consent":
            del talk.notice[say_id]
        elif talk.phase in ("talking", "waiting_for_human") and talk.notice_tries < _NOTICE_TRIES:
            del talk.notice[say_id]
            talk.notice_tries += 1
            if key == _AUTOMATIC or key.startswith(_QUESTION):
                _say_notice(talk, key)
            elif _told(talk):
                _say_notice(talk, f"greeting.{_name(_told(talk))}")
            return
        else:
            return
    else:
        del talk.notice[say_id]
        talk.question_heard = talk.question_heard or key.startswith(_QUESTION)
    if not talk.notice:
        _notice_heard(talk)


def _notice_heard(talk: Talk) -> None:
    talk.noticed = (*talk.noticed, talk.language)
    modes = {subject: _mode(talk.settings, subject) for subject in SUBJECTS}
    told = {subject: mode == "stay" or (mode == "ask" and talk.question_heard) for subject, mode in modes.items()}
    talk.do(GiveNotice(automatic=True, recording=told["recording"], emotion=told["emotion"]))
    for subject in SUBJECTS:
        if talk.consent.get(subject) == "unasked" and modes[subject] == "stay":
            talk.stayed = (*talk.stayed, subject)
            _set(talk, subject, given=True, how="stayed")
    if talk.phase == "talking" and talk.pending == "open" and talk.flow is None:
        to_queue(talk)


def renew_notice(talk: Talk) -> None:
    """Give the notice in the language the call has changed to, if the caller could not follow it before.

    It is not needed once the caller has come to the matter after hearing it. Until it is heard, staying does not count.
    """
    if talk.language in talk.noticed or talk.noticed_in == talk.language or (talk.noticed and not talk.first_turn):
        return
    for subject in talk.stayed:
        if talk.consent[subject] == "given":
            talk.consent[subject] = "unasked"
            talk.do(SetConsent(subject=subject, given=False, how="stayed"))
    talk.stayed = ()
    talk.notice.clear()
    talk.question_heard = False
    talk.noticed_in = talk.language
    _say_notice(talk, _AUTOMATIC)
    _say_what_is_kept(talk)


def notice_anew(talk: Talk) -> None:
    """Greet somebody who came to the phone in the middle of the call: nothing that was agreed to holds for them."""
    for subject in SUBJECTS:
        if talk.consent.get(subject) in ("given", "refused"):
            talk.consent[subject] = "unasked"
            talk.do(SetConsent(subject=subject, given=False, how="anew"))
    talk.stayed, talk.noticed = (), ()
    talk.notice.clear()
    talk.notice_tries, talk.question_heard, talk.noticed_in = 0, False, talk.language
    talk.say("greeting.open", kind="notice", interruptible=False, detail="greeting")
    _say_notice(talk, _AUTOMATIC)
    _say_what_is_kept(talk)


def _go_on(talk: Talk) -> None:
    """Ask the open question, or begin the flow of the dial plan."""
    talk.pending = "open"
    if talk.first_queue:
        to_queue(talk)
        return
    if not talk.open:
        talk.say("greeting.after_hours", kind="notice")
    spec, talk.first_flow = load_flows().get(talk.first_flow), ""
    if spec is not None and spec.answer_first:
        talk.say_text(spec.texts[talk.language]["intro"], detail=f"flow:{spec.name}")
        talk.first_question = phrase(talk.settings, talk.language, f"topics.menu_{spec.key}")
    elif spec is not None:
        start_flow(talk, spec, offer=False)
    else:
        talk.say("greeting.how_can_i_help")


def to_queue(talk: Talk, *, now: bool = False) -> None:
    """Look for a human of the queue that the dial plan names, once the notice was heard or at once."""
    if talk.first_queue and (talk.noticed or now):
        escalate(talk, "dial_plan", talk.first_queue)


def ask_consent_again(talk: Talk) -> None:
    """Ask once more after silence."""
    talk.say("greeting.ask_again", expects="yes_no")


def asks_consent_now(talk: Talk) -> bool:
    """Return whether the question for consent is being spoken, or waits to be."""
    return any(key.startswith(_QUESTION) and say_id in talk.outstanding for say_id, key in talk.notice.items())


def answer_consent(talk: Talk, *, agreed: bool, how: ConsentHow, quiet: bool = False) -> None:
    """Take a clear answer; a yes counts only when the question was heard to its end, else it is asked for again."""
    if agreed and not talk.question_heard:
        ask_consent_again(talk)
        return
    settle_consent(talk, given=agreed, how=how, quiet=quiet)


def settle_consent(talk: Talk, *, given: bool, how: ConsentHow, quiet: bool = False) -> None:
    """Take the answer to the question for consent; without a yes nothing is kept and the call goes on."""
    for subject in SUBJECTS:
        if _mode(talk.settings, subject) == "ask" and talk.consent.get(subject) == "unasked":
            _set(talk, subject, given=given, how=how)
    talk.pending = "open"
    renew_notice(talk)
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


def tell_what_is_kept(talk: Talk) -> None:
    """Say truthfully what is kept of this call at this moment, for how long, and how to switch it off."""
    recording, feeling = talk.consent.get("recording", "never"), talk.consent.get("emotion", "never")
    if recording == "unasked" and _mode(talk.settings, "recording") == "stay":
        recording = "given"  # from the end of the notice on, which the caller is hearing
    talk.say(f"privacy.recording_{recording}", kind="answer", detail="privacy")
    if feeling == "given":
        talk.say("privacy.emotion_given", kind="answer")
    if recording in ("given", "never") or feeling == "given":
        talk.say("privacy.kept", kind="answer")
    if recording == "given":
        talk.say("privacy.off", kind="answer")
    if feeling == "given":
        talk.say("privacy.feel_off", kind="answer")


def other_language(language: Language) -> Language:
    """Return the other of the two languages."""
    return "en" if language == "es" else "es"


def change_language(talk: Talk, language: Language, how: LanguageHow) -> bool:
    """Speak `language` from here on; False when this line does not, or already does."""
    if language == talk.language or not talk.settings.other_language:
        return False
    talk.language = language
    talk.do(SetLanguage(language=language, how=how))
    return True
