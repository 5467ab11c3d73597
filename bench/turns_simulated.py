"""Made-up callers over the bot's voice, through the real `Hearing` with real engines, in virtual time (processor time).

Each caller listens aloud, interrupts, makes a noise, or has a phone that returns the bot's own voice. The bot's frames
go out, come back as an echo where there is one, pass G.711 and the echo guard as on a real leg, and stop when hearing
says so. Right is: over a listener, an echo and a noise the bot says all it had to say and no turn ends; an interruption
makes it yield within 2 s of the caller's first sound, and most of its words are in the turn.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.asr import worker_specs
from bench.report import ROOT, Result, progress
from bench.streamed import Heard, _Listener
from bench.virtual_time import LoopClock, VirtualWorker, run_virtually
from bench.wer import count_errors, normalise
from calls.audio import FRAME_MS, AudioFrame, Samples
from calls.ids import Language
from calls.speech import Turn
from service.models_store import ModelStore
from telephony.codecs import make_codec
from telephony.echo_guard import EchoGuard
from voice.hearing import Hearing
from voice.hearing_port import HearingSettings
from voice.tts.engine import SpeechModel
from voice.tts.kokoro import KokoroModel
from voice.tts.piper import PiperModel
from voice.turn.settings import BargeInAction

_RATE_HZ = 8_000
_FRAME = _RATE_HZ * FRAME_MS // 1000
_YIELD_WITHIN_MS = 2_000
"""Source: the longest that a bot's breath is held (`TurnSettings.barge_in_deadline_ms`)."""
_MOST_ERRORS = 0.5
"""Of the words of an interruption; made-up voices over a telephone are not what is measured here."""
_TAIL_MS = 3_500
_LINE_NOISE = 6
"""RMS of a quiet line, in 16-bit steps: -75 dBFS."""
_LEVEL_DBFS = -22.0
"""Of callers and of the bot. Source: ITU-T P.56, active speech on telephone lines lies from -36 to -16 dBov."""
_ECHO_DB = (-12.0, -18.0, -26.0, -36.0)
"""Echo against what was sent. Source: `telephony.echo_guard`, phones on loudspeaker return -12 dB and less."""
_ECHO_DELAY_MS = (30, 80, 160, 260)

Kind = Literal["backchannel", "echo", "noise", "interruption", "one_word", "interruption_with_echo"]
KINDS: tuple[Kind, ...] = ("backchannel", "echo", "noise", "interruption", "one_word", "interruption_with_echo")

_BOT: dict[Language, tuple[str, ...]] = {
    "en": (
        "You can pay your bill by direct debit, by card on our website, or in any post office. It takes two days "
        "until the payment is shown in your account.",
        "The amount depends on how much electricity you have used, on the power that you have contracted, and on "
        "taxes, which we collect for the state.",
    ),
    "es": (
        "Puede pagar la factura por domiciliación, con tarjeta en nuestra página, o en cualquier oficina de correos. "
        "El pago tarda dos días en verse en su cuenta.",
        "El importe depende de la electricidad que ha consumido, de la potencia que tiene contratada, y de los "
        "impuestos que cobramos para el estado.",
    ),
}
_LISTENING: dict[Language, tuple[str, ...]] = {
    "en": ("Mm-hmm.", "Okay.", "Yes.", "I see.", "Right.", "Thank you.", "Okay, I see.", "Uh-huh.", "Sure.", "Yeah."),
    "es": ("Sí.", "Vale.", "Ajá.", "De acuerdo.", "Muy bien.", "Claro.", "Sí, sí.", "Entiendo.", "Bueno.", "Gracias."),
}
_INTERRUPTING: dict[Language, tuple[str, ...]] = {
    "en": (
        "No wait, I want to talk to a person.",
        "Sorry, that is not what I asked.",
        "But I have already paid that bill.",
        "Can you say that again more slowly?",
        "I see, but my meter is broken.",
        "Thank you, I want to book a technician.",
    ),
    "es": (
        "No, espere, quiero hablar con una persona.",
        "Perdone, no es eso lo que pregunté.",
        "Pero si ya he pagado esa factura.",
        "¿Puede repetirlo más despacio?",
        "Muy bien, pero mi contador está roto.",
        "Gracias, quiero pedir un técnico.",
    ),
}
_ONE_WORD: dict[Language, tuple[str, ...]] = {
    "en": ("Stop!", "Wait!", "Agent!", "No!", "Help!"),
    "es": ("¡Pare!", "¡Espere!", "¡Agente!", "¡No!", "¡Ayuda!"),
}
_CALLERS: dict[Language, str] = {"en": "af_heart", "es": "em_alex"}
_BOT_STYLE = "ef_dora"


@dataclass(frozen=True, eq=False)
class Situation:
    """One caller over one saying of the bot."""

    kind: Kind
    language: Language
    bot: Samples
    caller: Samples
    text: str
    at_ms: int
    """When the caller begins, after the bot."""
    echo_db: float | None
    echo_delay_ms: int
    seed: int


@dataclass
class Outcome:
    """What came of it."""

    actions: list[tuple[int, BargeInAction]]
    """With the time after the bot began."""
    turns: list[str]
    heard_out: bool
    """The bot said all it had to say."""

    def is_right(self, situation: Situation) -> bool:
        """Judge it."""
        yielded = [t for t, action in self.actions if action == "yield"]
        if situation.kind in ("backchannel", "echo", "noise"):
            return self.heard_out and not self.turns and not yielded
        if not yielded or yielded[0] - situation.at_ms > _YIELD_WITHIN_MS or not self.turns:
            return False
        errors = count_errors(
            normalise(situation.text, situation.language), normalise(" ".join(self.turns), situation.language)
        )
        return errors.edits <= _MOST_ERRORS * errors.words


class _Voices:
    """The bot's voices and those of callers, each text made once."""

    def __init__(self, store: ModelStore) -> None:
        styles = [ROOT / "models" / "kokoro-styles"]
        kokoro = KokoroModel(store.path("kokoro"), styles=styles, voices={str(k): v for k, v in _CALLERS.items()})
        self._of_bot: dict[Language, tuple[SpeechModel, str]] = {
            "en": (PiperModel(store.path("piper-en-joe") / "en_US-joe-medium.onnx"), ""),
            "es": (kokoro, _BOT_STYLE),
        }
        self._callers = kokoro
        self._made: dict[tuple[str, bool], Samples] = {}

    def bot(self, text: str, language: Language) -> Samples:
        model, style = self._of_bot[language]
        return self._say(model, text, style, language, bot=True)

    def caller(self, text: str, language: Language) -> Samples:
        return self._say(self._callers, text, _CALLERS[language], language, bot=False)

    def _say(self, model: SpeechModel, text: str, style: str, language: Language, *, bot: bool) -> Samples:
        known = self._made.get((text, bot))
        if known is None:
            spoken = model.utter(text, voice=style, language=language, speed=1.0)
            known = self._made[text, bot] = _on_the_line(spoken.samples, spoken.rate_hz)
        return known


def _on_the_line(sound: np.ndarray, rate_hz: int) -> Samples:
    """Return speech at 8 kHz without silence around it, at the usual level."""
    import soxr

    narrow = np.asarray(soxr.resample(sound, rate_hz, _RATE_HZ), dtype=np.float32)
    loud = np.flatnonzero(np.abs(narrow) > 0.01)
    narrow = narrow[loud[0] : loud[-1] + 1] if loud.size else narrow
    active = narrow[np.abs(narrow) > 0.01]
    gain = 10 ** (_LEVEL_DBFS / 20) / max(1e-6, float(np.sqrt(np.mean(np.square(active)))) if active.size else 1.0)
    out: Samples = np.clip(narrow * gain * 32_768, -32_768, 32_767).astype(np.int16)
    return out


def noise_burst(number: int, chance: random.Random) -> Samples:
    """Return a slam, a hiss, a ring, typing or a cough; never a voice."""
    generator = np.random.default_rng(chance.randrange(10**6))
    length = int(_RATE_HZ * chance.uniform(0.25, 1.2))
    t = np.arange(length) / _RATE_HZ
    white = generator.normal(0, 1, length)
    match number % 5:
        case 0:
            sound = white * np.exp(-t * 12)
        case 1:
            sound = white * np.hanning(length)
        case 2:
            sound = np.sin(2 * np.pi * 425 * t) * (np.sin(2 * np.pi * 3 * t) > 0)
        case 3:
            sound = white * (generator.random(length) < 0.004).astype(float)
            sound = np.convolve(sound, np.exp(-np.arange(80) / 12), "same")
        case _:
            low = np.convolve(white, np.ones(6) / 6, "same")
            sound = low * (np.exp(-((t - 0.1) ** 2) / 0.002) + 0.7 * np.exp(-((t - 0.4) ** 2) / 0.004))
    peak = chance.choice((0.08, 0.2, 0.5))
    out: Samples = (sound / max(1e-9, float(np.abs(sound).max())) * peak * 32_767).astype(np.int16)
    return out


def situations(count: int, voices: _Voices) -> list[Situation]:
    """Return so many situations, kinds and languages in turn; the same in every run."""
    chance = random.Random(5)
    languages: tuple[Language, ...] = ("en", "es")
    made = []
    for number in range(count):
        kind, language = KINDS[number % len(KINDS)], languages[number // len(KINDS) % 2]
        turn = number // (2 * len(KINDS))
        said = {
            "backchannel": _LISTENING,
            "interruption": _INTERRUPTING,
            "interruption_with_echo": _INTERRUPTING,
            "one_word": _ONE_WORD,
        }.get(kind)
        text = said[language][turn % len(said[language])] if said is not None else ""
        caller: Samples = np.zeros(0, dtype=np.int16)
        if text:
            caller = voices.caller(text, language)
        elif kind == "noise":
            caller = noise_burst(turn, chance)
        echoes = kind in ("echo", "interruption_with_echo")
        made.append(
            Situation(
                kind=kind,
                language=language,
                bot=voices.bot(_BOT[language][turn % 2], language),
                caller=caller,
                text=text,
                at_ms=chance.randrange(1_200, 4_000),
                echo_db=_ECHO_DB[turn % len(_ECHO_DB)] if echoes else None,
                echo_delay_ms=chance.choice(_ECHO_DELAY_MS),
                seed=number,
            )
        )
    return made


class _Bot(_Listener):
    """Listens to hearing as the service does, and plays."""

    def __init__(self, clock: LoopClock, samples: Samples) -> None:
        super().__init__(Heard(), clock)
        self._samples = samples
        self._at = 0
        self._began_ms = clock.now_ms()
        self._bot_clock = clock
        self.state: Literal["speaking", "held", "stopped", "done"] = "speaking"
        self.actions: list[tuple[int, BargeInAction]] = []
        self.turns: list[str] = []

    def barge_in(self, action: BargeInAction) -> None:
        self.actions.append((self._bot_clock.now_ms() - self._began_ms, action))
        if self.state in ("speaking", "held"):
            self.state = {"pause": "held", "resume": "speaking", "yield": "stopped"}[action]  # type: ignore[assignment]

    def turn_ended(self, turn: Turn, spoken_until_ms: int) -> None:
        super().turn_ended(turn, spoken_until_ms)
        self.turns.append(turn.text)

    def frame(self) -> Samples:
        """Return what is sent in this tick."""
        out: Samples = np.zeros(_FRAME, dtype=np.int16)
        if self.state == "speaking":
            piece = self._samples[self._at : self._at + _FRAME]
            out[: piece.size] = piece
            self._at += _FRAME
            if self._at >= self._samples.size:
                self.state = "done"
        return out


async def play_over(situation: Situation, ears: VirtualWorker, asr: VirtualWorker) -> Outcome:
    """Hold one situation."""
    clock = LoopClock()
    bot = _Bot(clock, situation.bot)
    language = situation.language
    hearing = Hearing(ears, asr, bot, clock=clock, settings=HearingSettings(), language=language)
    running = asyncio.create_task(hearing.run())
    loop = asyncio.get_running_loop()
    guard, codec = EchoGuard(_RATE_HZ), make_codec("PCMU")
    generator = np.random.default_rng(situation.seed)
    gain = 0.0 if situation.echo_db is None else 10 ** (situation.echo_db / 20)
    sent: Samples = np.zeros(situation.echo_delay_ms * _RATE_HZ // 1000, dtype=np.int16)
    origin_s = loop.time()
    hearing.bot_speaking(True)
    told = False
    over_ms: int | None = None
    index = 0
    while over_ms is None or index * FRAME_MS < over_ms + _TAIL_MS:
        await asyncio.sleep(origin_s + (index + 1) * FRAME_MS / 1000 - loop.time())
        frame = bot.frame()
        guard.sent(frame)
        sent = np.concatenate([sent, frame])
        near = sent[:_FRAME] * gain + generator.normal(0, _LINE_NOISE, _FRAME)
        sent = sent[_FRAME:]
        begin = index * _FRAME - situation.at_ms * _RATE_HZ // 1000
        if -_FRAME < begin < situation.caller.size:
            piece = situation.caller[max(0, begin) : begin + _FRAME]
            near[max(0, -begin) : max(0, -begin) + piece.size] += piece
        line: Samples = np.clip(near, -32_768, 32_767).astype(np.int16)
        hearing.feed(AudioFrame(guard.received(codec.decode(codec.encode(line))), _RATE_HZ, index * FRAME_MS))
        if bot.state in ("stopped", "done") and not told:
            told = True
            hearing.bot_speaking(False)
        if told and over_ms is None and index * FRAME_MS >= situation.at_ms + situation.caller.size * 1000 // _RATE_HZ:
            over_ms = index * FRAME_MS
        index += 1
    await hearing.stop()
    await running
    return Outcome(bot.actions, bot.turns, bot.state == "done")


async def _play_all(made: Sequence[Situation], ears: VirtualWorker, asr: VirtualWorker) -> list[Outcome]:
    await asyncio.gather(ears.start(), asr.start())
    outcomes = []
    for number, situation in enumerate(made, start=1):
        outcome = await play_over(situation, ears, asr)
        outcomes.append(outcome)
        if not outcome.is_right(situation):
            echo = "" if situation.echo_db is None else f" echo {situation.echo_db:.0f} dB"
            said = f"{situation.kind} {situation.language} {situation.text!r} at {situation.at_ms}{echo}"
            progress(f"wrong: {said}: {outcome.actions} {outcome.turns}")
        if number % 20 == 0:
            progress(f"{number} of {len(made)} callers over the bot")
    await asyncio.gather(ears.stop(), asr.stop())
    return outcomes


def simulate(result: Result, count: int, engine: str) -> None:
    """Play `count` situations and put the shares that were handled rightly, in all, by kind and by language."""
    store = ModelStore()
    made = situations(count, _Voices(store))
    specs = worker_specs(store, engine, 1)
    outcomes = run_virtually(
        _play_all(made, VirtualWorker("ears", specs[0], by_cpu=True), VirtualWorker("asr", specs[1], by_cpu=True))
    )
    right = [outcome.is_right(situation) for situation, outcome in zip(made, outcomes, strict=True)]
    result.put("simulated", len(made))
    result.share("simulated_right", right)
    for language in ("en", "es"):
        mine = [ok for ok, each in zip(right, made, strict=True) if each.language == language]
        result.share(f"simulated_right_{language}", mine)
    for kind in KINDS:
        result.share(f"simulated_right_{kind}", [ok for ok, s in zip(right, made, strict=True) if s.kind == kind])
        for language in ("en", "es"):
            mine = [ok for ok, s in zip(right, made, strict=True) if (s.kind, s.language) == (kind, language)]
            result.put(f"simulated_right_{kind}_{language}", float(np.mean(mine)) if mine else None)
    yields = [
        next(t for t, action in outcome.actions if action == "yield") - situation.at_ms
        for situation, outcome in zip(made, outcomes, strict=True)
        if situation.text and situation.kind != "backchannel" and any(a == "yield" for _, a in outcome.actions)
    ]
    result.percentile("simulated_yield_p50_ms", yields, 50)
    result.percentile("simulated_yield_p95_ms", yields, 95)
