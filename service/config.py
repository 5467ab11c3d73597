"""Configuration: a TOML file and `WARMLINE__SECTION__KEY` variables over the defaults, each value with its origin.

Unknown keys are errors that name the nearest valid one. A secret is a `SecretStr` and is masked wherever it is shown.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from calls.errors import CallCentreError
from calls.ids import Language
from service.channels_config import ChannelsSection, EventHookSection, MailboxSection, WebhookSection
from service.chat_config import ChatSection
from service.config_hint import hint
from service.config_section import Section
from service.config_values import check_target, checked_address, is_host_name, nearest, network
from service.customers_config import CustomersSection
from service.desk_config import DeskSection
from service.mail_oauth_config import MailOauthSection
from service.phone_config import PhoneSection
from service.telephony_config import TelephonySection
from service.trunk_config import TrunkSection
from voice.dialog.flow_spec import load_flows
from voice.dialog.settings import DialogSettings

ENV_PREFIX = "WARMLINE__"
_NAMED: dict[str, Section] = {
    "telephony.sip.trunks.": TrunkSection(server="invalid"),
    "telephony.sip.phones.": PhoneSection(ha1_md5=SecretStr("0" * 32)),
    "channels.mailboxes.": MailboxSection(
        address="a@example.com", smtp_host="invalid", oauth=MailOauthSection(token_command=("invalid",))
    ),
    "channels.webhooks.": WebhookSection(channel="sms", secret=SecretStr("0" * 32)),
    "channels.event_hooks.": EventHookSection(
        url="https://example.com/", facts=("call_ended",), secret=SecretStr("0" * 32)
    ),
}
"""Tables that an operator names, each with one that stands for all: only its keys count."""


class ServiceSection(Section):
    """The web side and where things are kept."""

    listen: str = "127.0.0.1:8080"
    """Address of the pages, the API and the metrics. Anything but loopback needs `tls_certificate` or a proxy."""
    tls_certificate: str = ""
    """PEM file; browsers give no microphone to a page that is neither https nor on localhost."""
    tls_key: str = ""
    staff_token: SecretStr = SecretStr("")
    """Lets programs use the staff's API, as a bearer; empty: none. People have accounts: `warmline staff`."""
    staff_from: tuple[str, ...] = ()
    """Networks that staff may come from, e.g. "192.168.1.0/24"; empty: this machine alone, or a proxy on it."""
    hosts: tuple[str, ...] = ()
    """Names by which browsers reach the pages, e.g. "support.example.com"; IP addresses and localhost always are."""
    proxies: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks of TLS proxies whose word about the visitor's address counts."""
    allowed_origins: tuple[str, ...] = ()
    """Further sites that may embed the caller's page, e.g. "https://www.example.com"; with "https://www.example.com 3"
    it may have 3 calls at once."""
    max_web_calls_per_origin: int = Field(default=10, ge=1, strict=True)
    """Calls at once from a site without a number of its own. Pages of ours have the limit of
    `[telephony.webrtc] max_calls` alone, which holds for all together."""
    drain_s: int = Field(default=0, ge=0, le=86_400, strict=True)
    """How long running calls may go on after the first signal to stop, while new ones go to other processes; 0: they
    hear a goodbye at once. A second signal stops sooner."""
    max_web_calls_per_address: int = Field(default=4, ge=1, strict=True)
    """Calls at once from one address; an IPv6 visitor is a /64."""
    web_calls_per_minute: int = Field(default=10, ge=1, strict=True)
    """Attempts from one address within a minute; this machine may try more often."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    _check_listen = field_validator("listen")(checked_address)

    @field_validator("staff_from", "proxies")
    @classmethod
    def _networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            network(value)
        return values

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not re.fullmatch(r"https?://[^\s/]+( [1-9][0-9]{0,4})?", origin):
                raise ValueError(
                    f'{origin!r} is no site like "https://www.example.com", without anything behind but how many calls '
                    "it may have at once"
                )
        return origins

    def origin_limits(self) -> dict[str, int]:
        """Return how many calls at once each further site may have."""
        sites = (origin.partition(" ") for origin in self.allowed_origins)
        return {site: int(most or self.max_web_calls_per_origin) for site, _, most in sites}

    @field_validator("hosts")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not is_host_name(name):
                raise ValueError(f'{name!r} is no name like "support.example.com", without https:// and port')
        return names


class ModelsSection(Section):
    """Where weights lie and which serve."""

    dir: str = ""
    """Folder of fetched weights; empty: $WARMLINE_MODELS or ~/.cache/warmline/models."""
    emotion: str = ""
    """Folder of emotion weights that `python -m bench.train_emotion` made of calls of your own; empty: the shipped."""
    whisper: str = "whisper-base"
    """The recogniser: a name of `models/manifest.toml`, or the folder of any Whisper in the format of CTranslate2, such
    as "/srv/whisper-small". Moods are judged best with whisper-base, whose inner states their weights know."""
    whisper_threads: int = Field(default=1, ge=1, le=16, strict=True)
    """More than one pays only on a larger model: base int8 decodes in 113 ms on one thread and in 413 on two."""
    whisper_at_once: int = Field(default=0, ge=0, le=16, strict=True)
    """Callers whose words are recognised side by side; 0: one for each core, four at the most."""


class SpeechSection(Section):
    """Voices by language: the name of an engine of `service/engines.py`."""

    voice_en: Literal["piper", "espeak", "coqui"] = "piper"
    voice_es: Literal["kokoro", "piper", "espeak", "coqui"] = "kokoro"
    listen_for: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = Field(default=(), max_length=30)
    """Names and products that callers say and the recogniser does not know. They cost something: on 107 telephone clips
    that hold none of ten such words, they moved the word error rate by -1.2 points in English and +1.8 in Spanish."""
    listen_for_names: bool = Field(default=False, strict=True)
    """Expect the company's name and names that stand in several articles too."""
    render_ahead: bool = Field(default=True, strict=True)
    """Make the fixed sentences and the articles' answers while no call is on, so that they are spoken at once. The
    goodbye of a service that stops is made in any case."""
    coqui_model_es: str = ""
    """Path of a Coqui checkpoint folder, for the engine `coqui` (needs the extra `coqui`)."""
    coqui_model_en: str = ""

    @model_validator(mode="after")
    def _coqui_has_its_model(self) -> SpeechSection:
        voices = (("en", self.voice_en, self.coqui_model_en), ("es", self.voice_es, self.coqui_model_es))
        for language, voice, folder in voices:
            if voice == "coqui" and not folder:
                raise ValueError(f'voice_{language} = "coqui" needs coqui_model_{language}, the folder of its model')
        return self


class PrivacySection(Section):
    """What is kept, and what callers are asked."""

    recording: Literal["stay", "ask", "off"] = "stay"
    """"stay": who stays after the notice agrees; "ask": only a clear yes agrees; "off": never recorded."""
    emotion: Literal["stay", "ask", "off"] = "stay"
    retention_days: int = Field(default=90, ge=1, strict=True)
    """Recordings and personal fields older than this are destroyed."""


class DialPlanSection(Section):
    """The dial plan's file and what holds for numbers that it does not name."""

    file: str = ""
    """TOML file with `[[number]]` tables; empty: every number is answered by the bot. Reloaded when it changes."""
    language: Language = "es"
    """Language of the greeting where the dial plan says nothing; the caller's own language wins afterwards."""
    time_zone: str = "Europe/Madrid"
    company: str = "Lumina"
    transfer_to: str = ""
    """Where people are reached: a number, a `sip:` address such as a queue of the PBX, or `phone:NAME` for a phone that
    registers here. Callers who need a person within opening hours are connected there; empty: they are offered a call
    back. A number's own entry wins."""
    transfer_ring_s: int = Field(default=25, ge=5, le=120, strict=True)
    """How long people may take to answer, until the caller is offered a call back."""

    @field_validator("transfer_to")
    @classmethod
    def _can_be_called(cls, target: str) -> str:
        return check_target(target)


class DialogSection(Section):
    """What the bot may decide by itself, and whom it names to callers in danger."""

    country: str = "ES"
    """ISO 3166 code of where callers are, e.g. "MX": chooses the emergency number and the crisis line."""
    emergency_number: str = ""
    """Spoken with every safety advice about life, fire or gas; empty: the one of `country`."""
    crisis_line: str = ""
    """Spoken to who thinks of harming themselves; empty: the one of `country`, if it is known."""
    flows: tuple[str, ...] = DialogSettings().flows
    """Forms that the bot may offer and start, of those in `voice/dialog/flows`."""
    human_topics: tuple[str, ...] = ()
    """Topics of articles that only people may handle: a caller who asks is brought to them."""
    anger_prob: float = Field(default=DialogSettings().anger_prob, gt=0, le=1, strict=True)
    """Estimated probability of anger from which a turn counts as heated; two of them bring a person."""

    @field_validator("country")
    @classmethod
    def _code(cls, code: str) -> str:
        if not re.fullmatch(r"[A-Z]{2}", code):
            raise ValueError('must be the two capital letters of a country, for example "ES"')
        return code

    @field_validator("emergency_number", "crisis_line")
    @classmethod
    def _dialled(cls, number: str) -> str:
        if number and not re.fullmatch(r"\+?[0-9](?:[0-9 ]{0,18}[0-9])?", number):
            raise ValueError('must be a number to dial, for example "112"')
        return number

    @field_validator("flows")
    @classmethod
    def _known_flows(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in load_flows():
                raise ValueError(f"there is no flow {name!r}{nearest(name, load_flows())}")
        return names


class KnowledgeSection(Section):
    """The articles."""

    dir: str = ""
    """Folder with `es/*.md` and `en/*.md`; empty: the built-in articles of the invented company Lumina."""


class Config(Section):
    """All of it."""

    data_dir: str = "data"
    """Folder of the database, recordings, keys and caches."""
    database_url: SecretStr = SecretStr("")
    """SQLAlchemy URL; empty: SQLite in `data_dir`."""
    service: ServiceSection = ServiceSection()
    telephony: TelephonySection = TelephonySection()
    models: ModelsSection = ModelsSection()
    speech: SpeechSection = SpeechSection()
    privacy: PrivacySection = PrivacySection()
    dial_plan: DialPlanSection = DialPlanSection()
    dialog: DialogSection = DialogSection()
    knowledge: KnowledgeSection = KnowledgeSection()
    chat: ChatSection = ChatSection()
    customers: CustomersSection = CustomersSection()
    channels: ChannelsSection = ChannelsSection()
    desk: DeskSection = DeskSection()

    @model_validator(mode="after")
    def _queues_are_there(self) -> Config:
        known = self.desk.names()
        tables: list[tuple[str, ChatSection | MailboxSection | WebhookSection]] = [("chat", self.chat)]
        tables += [(f"channels.mailboxes.{name}", section) for name, section in self.channels.mailboxes.items()]
        tables += [(f"channels.webhooks.{name}", section) for name, section in self.channels.webhooks.items()]
        for name, section in tables:
            if section.queue and section.queue not in known:
                raise ValueError(f"{name}.queue names no [[desk.queue]]{nearest(section.queue, known)}")
        return self

    @property
    def data_path(self) -> Path:
        """`data_dir` as a path."""
        return Path(self.data_dir).expanduser()

    @property
    def recordings_path(self) -> Path:
        """Folder of the recordings."""
        return self.data_path / "recordings"


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The checked configuration and where each value came from."""

    config: Config
    origins: Mapping[str, str]
    """Dotted key to `file:NAME` or `env:VARIABLE`; keys that are absent have their default."""

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield (dotted key, value as TOML, origin) of every setting, secrets masked."""
        for key, value in _leaves(self.config):
            yield key, _shown(value), self.origins.get(key, "default")


def load_config(file: Path | None, environ: Mapping[str, str] | None = None) -> LoadedConfig:
    """Read, merge and check.

    Raises:
        CallCentreError: `config.unreadable`, `config.unknown_key` or `config.bad_value`.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    defaults = dict(_all_leaves())
    if file is not None:
        for key, value in _flatten(_read_toml(file)):
            values[key] = value
            origins[key] = f"file:{file.name}"
    for name, text in sorted((os.environ if environ is None else environ).items()):
        if name.startswith(ENV_PREFIX):
            key = name.removeprefix(ENV_PREFIX).lower().replace("__", ".")
            values[key] = _from_text(text, defaults.get(key, defaults.get(_generic(key))))
            origins[key] = f"env:{name}"
    if "service.data_dir" in values:  # accepted in both places; the top level is the documented one
        values["data_dir"] = values.pop("service.data_dir")
        origins["data_dir"] = origins.pop("service.data_dir")
    _refuse_unknown(values, origins)
    try:
        config = Config.model_validate(_unflatten(values))
    except ValidationError as error:
        raise _bad_value(error, origins) from error
    return LoadedConfig(config, origins)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CallCentreError(
            "config.unreadable",
            f"There is no configuration file {file}. Name another with --config, or leave it out for the defaults.",
            fault="operator",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallCentreError(
            "config.unreadable", f"The configuration file {file} cannot be read: {error}.", fault="operator"
        ) from error


def _from_text(text: str, default: Any) -> Any:
    """Read a variable as TOML; where a text belongs, it needs no quotes, whatever it looks like."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, str) or not isinstance(default, (str, SecretStr)) else text


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _unflatten(values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *path, last = key.split(".")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return tree


def _leaves(section: Section, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value, key = getattr(section, name), field.alias or name
        if isinstance(value, Section):
            yield from _leaves(value, f"{prefix}{key}.")
        elif isinstance(value, dict):
            for table, inner in value.items():
                yield from _leaves(inner, f"{prefix}{key}.{table}.")
        else:
            yield f"{prefix}{key}", value


def _all_leaves() -> Iterator[tuple[str, Any]]:
    """Yield every key with its default; NAME stands for the name of a trunk or a phone."""
    yield from _leaves(Config())
    for prefix, section in _NAMED.items():
        yield from _leaves(section, f"{prefix}NAME.")


def _generic(key: str) -> str:
    """Return the key with NAME in place of a trunk's or a phone's name."""
    for prefix in _NAMED:
        name, dot, rest = key.removeprefix(prefix).partition(".")
        if key.startswith(prefix) and name and dot:
            return f"{prefix}NAME.{rest}"
    return key


def valid_keys() -> list[str]:
    """Return every dotted key that a configuration may have."""
    return [key for key, _ in _all_leaves()]


def _refuse_unknown(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    valid = valid_keys()
    tables = {key[: match.start()] for key in valid for match in re.finditer(r"\.", key)}
    for key in values:
        if key in tables:
            raise CallCentreError(
                "config.bad_value",
                f"{key!r} ({origins.get(key, 'default')}) is a table of settings, not a value. Write [{key}], and its "
                "settings below; `warmline check` lists them.",
                fault="operator",
            )
        if _generic(key) not in valid:
            what = f"The configuration has no key {key!r} ({origins.get(key, 'default')})."
            sentence = f"{what} {hint(key, valid, _NAMED)}"
            raise CallCentreError("config.unknown_key", sentence, fault="operator")


def _bad_value(error: ValidationError, origins: Mapping[str, str]) -> CallCentreError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    why = first["msg"].removeprefix("Value error, ")
    why = why if why.endswith("?") else f"{why}."
    below = (origin for name, origin in origins.items() if name == key or name.startswith(f"{key}."))
    what = f"The value of {key!r} ({next(below, 'default')})" if key else "The configuration"
    return CallCentreError("config.bad_value", f"{what} is not usable: {why}", fault="operator")


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return '"********"' if value.get_secret_value() else '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Section):
        return "{" + ", ".join(f"{name} = {_shown(getattr(value, name))}" for name in type(value).model_fields) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
