"""The command `warmline`: answer the line, look into it, keep it healthy."""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from calls.errors import CallCentreError

DESCRIPTION = """\
Warmline answers the support line: it listens, understands, feels, speaks, and hands over to people.

  warmline models fetch      once: bring the speech and language models (about 450 MB)
  warmline serve             answer calls over SIP and from the web page
  warmline demo              let a caller with another voice ring it up, and watch
"""
EPILOG = """\
Settings come from a TOML file (--config) and from variables like WARMLINE__TELEPHONY__SIP__LISTEN;
`warmline check` shows each of them with its origin. Exit codes: 0 done, 1 failed (a sentence says why), 2 wrong usage.
"""
CONFIG = "configuration file (TOML); what it leaves out has a default"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = _parser()
    if not (sys.argv[1:] if argv is None else argv):
        parser.print_help()
        return 0
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except CallCentreError as error:
        print(f"warmline: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code


class _Form(argparse.RawDescriptionHelpFormatter):
    """Texts as they are written, and room for the longest command beside its summary."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = len("    staff-link")


def _parser() -> argparse.ArgumentParser:
    form = _Form
    parser = argparse.ArgumentParser("warmline", description=DESCRIPTION, epilog=EPILOG, formatter_class=form)
    parser.add_argument("--version", action="version", version=f"warmline {importlib.metadata.version('warmline')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, summary: str, description: str = "") -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=description or summary, formatter_class=form)
        sub.add_argument("--config", type=Path, metavar="FILE", help=CONFIG)
        return sub

    serve = add(
        "serve",
        "answer calls until stopped (Ctrl-C ends running calls politely)",
        "Answers calls over SIP and from the web page until it is stopped, and serves\n"
        "the pages of the staff. It prints a link to them until somebody has an account.\n"
        "\n"
        "  Ctrl-C, SIGTERM   tell the callers, end their calls, and stop\n"
        "  SIGHUP            read dial plan and articles again now; a change is found\n"
        "                    within two seconds anyway, and no call is dropped\n"
        "\n"
        "`warmline check` says beforehand whether it will start.",
    )
    serve.set_defaults(run=_serve)

    link = add(
        "staff-link",
        "print a link to the staff pages that works once, until somebody has an account",
        "Prints a link that opens the staff pages of the running service on one machine, once, within an hour. They\n"
        "stay open there for twelve hours, and ask to make the first account, an admin's; from then on people sign in\n"
        "and links open nothing. Run it by the user that runs the service. `warmline staff add` needs no link.",
    )
    link.set_defaults(run=_staff_link)

    _add_staff(add)

    phones = add("phones", "say where each agent's phone is registered, and for how long")
    phones.set_defaults(run=_phones)

    check = add(
        "check",
        "check configuration, models, dial plan and articles; show each setting with its origin",
        "Prints every setting with its value and where that comes from (default, file or\n"
        "variable), secrets masked; then checks all that `serve` needs: models,\n"
        "addresses, certificate, dial plan, articles, database. A setting that does not\n"
        "exist is refused, and the nearest one named. No port is opened. Exit code 1\n"
        "when `serve` would fail.",
    )
    check.set_defaults(run=_check)

    call = add(
        "call",
        "place a call over SIP, play a WAV file, and keep what the other side says",
        "For example:  warmline call sip:bot@127.0.0.1:5060 --play question.wav --keep answer.wav",
    )
    call.add_argument("uri", help="whom to call, e.g. sip:bot@127.0.0.1:5060, sips:bot@example.com")
    call.add_argument("--play", type=Path, metavar="WAV", help="what to say: a WAV file, any rate, mono")
    call.add_argument("--keep", type=Path, metavar="WAV", help="where to keep what is heard")
    call.add_argument(
        "--digits", type=_keys, default="", help="keys to press after the file was played, of 0-9, * and #"
    )
    call.add_argument("--seconds", type=float, default=30.0, help="longest duration (default 30)")
    call.add_argument(
        "--timeout",
        type=float,
        default=8.0,
        metavar="SECONDS",
        help="give up when nothing at all comes back for so long (default 8); ringing may take a minute",
    )
    call.add_argument(
        "--tls-ca",
        default="",
        metavar="PEM",
        help="issuers that a sips: address is verified against (default: the system's)",
    )
    call.set_defaults(run=_call)

    replay = add(
        "replay",
        "print an annotated call: words, emotion, acts and events at their times",
        "Prints what a call was, from its log: who said what, what was understood and\n"
        "done, how the voice was judged. It only reads, while the service runs or not.\n"
        "\n"
        "  warmline replay                     the newest 30 calls with their ids\n"
        "  warmline replay 01jd8m2k4c-7f3k9q   one of them",
    )
    replay.add_argument("call", nargs="?", help="call id; without it the newest calls are listed")
    replay.add_argument("--json", action="store_true", help="print the events as JSON lines")
    replay.set_defaults(run=_replay)

    models = add(
        "models",
        "list, fetch or verify the models",
        "Weights are no part of the program: they are fetched once, checked against the\n"
        "hashes of models/manifest.toml, and kept in ~/.cache/warmline/models\n"
        "(WARMLINE_MODELS or [models] dir names another folder). Nothing is downloaded\n"
        "while calls are answered. What each may be used for: models/cards/.",
    )
    add_action = _actions(models)
    for action, summary in (
        ("list", "say of each model whether it is here, where it is from, its languages and its licence"),
        ("fetch", "bring what is missing or damaged"),
        ("verify", "read every byte and compare; exit code 1 when one that is named or needed is not whole"),
    ):
        which = "all that the core needs" if action == "fetch" else "all"
        add_action(action, summary).add_argument("name", nargs="*", help=f"names of models (default: {which})")
    models.set_defaults(run=_models)

    kb = add(
        "kb",
        "check the articles, or ask them a question",
        "Articles are Markdown files, one a topic and language, in the folder that\n"
        "[knowledge] names; those of knowledge/lumina show how they are written. A\n"
        "running service takes changed articles within two seconds.",
    )
    add_action = _actions(kb)
    add_action("check", "read every article; a wrong one is named with its line").set_defaults(
        question=[], language="en"
    )
    search = add_action("search", "show what a caller would be told")
    search.add_argument("question", nargs="*", help="the question, as a caller would put it")
    search.add_argument("--language", choices=("es", "en"), default="en")
    kb.set_defaults(run=_kb)

    backup = add(
        "backup",
        "write database, keys and recordings into one file, while calls go on",
        "Writes database, keys and recordings into one file, while the service runs or\n"
        "not. The file holds the key that reads everything: keep it as safe as the\n"
        "recordings. PostgreSQL is saved with pg_dump, by you.",
    )
    backup.add_argument("file", type=Path, help="the backup to write, e.g. warmline-2026-11-22.tar")
    backup.set_defaults(run=_backup)

    restore = add(
        "restore",
        "bring a backup back into an empty data_dir",
        "Brings a backup back. Stop the service first. Who was erased since the backup\nwas made is erased again.",
    )
    restore.add_argument("file", type=Path, help="the backup to read")
    restore.add_argument("--overwrite", action="store_true", help="replace what lies in data_dir")
    restore.set_defaults(run=_restore)

    _add_erase(add)
    _add_import(add)
    _add_customer(add)

    emotion = add("emotion", "export what QA corrected, to train emotion weights of your own")
    export = _actions(emotion)("export", "write each corrected utterance as a sound file, and a manifest of them")
    export.add_argument("folder", type=Path, help="where to write; made if it is not there")
    emotion.set_defaults(run=_emotion)

    demo = add(
        "demo",
        "start the service, let a caller ring it up over SIP, and show the call live",
        "Starts the service, places a real call over SIP and RTP with a caller's voice that is not the bot's,\n"
        "shows words, emotion, acts and the escalation with its brief, then keeps serving.",
    )
    demo.add_argument("--once", action="store_true", help="end after the call; exit code 0 only if it did all that")
    demo.add_argument("--language", choices=("es", "en"), default="en", help="the caller's language")
    demo.add_argument("--json", type=Path, metavar="FILE", help="write a report of the call")
    demo.set_defaults(run=_demo)
    return parser


def _add_erase(add: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    erase = add(
        "erase",
        "erase a person: make what is kept of them unreadable for ever, and delete their recordings",
        "Erases a person by their telephone number, while the service runs or not. Of each call in which the number\n"
        "called, was left for a callback, or was said in answer to a question, these go for ever: every word, number\n"
        "and name, the brief, and the recordings. Times, acts and estimates stay, so that figures still add up.\n\n"
        "  warmline erase --number +34600123456          show what will go, then ask\n"
        "  warmline erase --number '600 12 34 56'        the same: Spain is assumed where no prefix stands\n"
        "  warmline erase --call 01jd8m2k4c-7f3k9q       one call, for example from the web page, where nobody has a\n"
        "                                                number\n"
        "  warmline erase --history                      when something was erased, without saying whose it was\n\n"
        "That it was done is written as a fact, and in a journal outside of backups: an older backup that is brought\n"
        "back later is erased again. A running call goes on; what is said in it from then on is not kept.",
    )
    which = erase.add_mutually_exclusive_group(required=True)
    which.add_argument("--number", help="the person's telephone number")
    which.add_argument("--call", metavar="CALL", help="the id of one call")
    which.add_argument("--history", action="store_true", help="list what was erased, and end")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    erase.set_defaults(run=_erase)


def _add_staff(add: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    from service.staff.options import add_staff

    add_staff(add)


def _add_import(add: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    from service.import_options import add_import

    add_import(add)


def _add_customer(add: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    from service.customers.options import add_customer

    add_customer(add, _Form)


def _keys(text: str) -> str:
    """Return keys that a telephone has.

    Raises:
        argparse.ArgumentTypeError: another character; the sentence names it.
    """
    wrong = next((key for key in text if key not in "0123456789*#"), None)
    if wrong is not None:
        raise argparse.ArgumentTypeError(f"a telephone has no key {wrong!r}; use 0-9, * and #")
    return text


def _actions(parser: argparse.ArgumentParser) -> Callable[[str, str], argparse.ArgumentParser]:
    """Return what adds an action to a command: a parser of its own, so that options may stand among its words."""
    group = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        sub = group.add_parser(name, help=summary, description=summary)
        # Without a default of its own, so that one given before the action counts.
        sub.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help=CONFIG)
        return sub

    return add


def _serve(arguments: argparse.Namespace) -> int:
    from service.serve import serve

    return serve(arguments.config)


def _staff_link(arguments: argparse.Namespace) -> int:
    from service.commands import staff_link

    return staff_link(arguments.config)


def _phones(arguments: argparse.Namespace) -> int:
    from service.phones_command import phones

    return phones(arguments.config)


def _check(arguments: argparse.Namespace) -> int:
    from service.check import check

    return check(arguments.config)


def _call(arguments: argparse.Namespace) -> int:
    from service.phone import place

    return place(
        arguments.uri,
        arguments.play,
        arguments.keep,
        arguments.digits,
        seconds=arguments.seconds,
        reach_s=arguments.timeout,
        tls_ca=arguments.tls_ca,
    )


def _replay(arguments: argparse.Namespace) -> int:
    from service.commands import replay

    return replay(arguments.config, arguments.call, as_json=arguments.json)


def _models(arguments: argparse.Namespace) -> int:
    from service.commands import models

    return models(arguments.config, arguments.action, arguments.name)


def _kb(arguments: argparse.Namespace) -> int:
    from service.commands import kb

    return kb(arguments.config, arguments.action, " ".join(arguments.question), arguments.language)


def _backup(arguments: argparse.Namespace) -> int:
    from service.commands import backup

    return backup(arguments.config, arguments.file)


def _restore(arguments: argparse.Namespace) -> int:
    from service.commands import restore

    return restore(arguments.config, arguments.file, overwrite=arguments.overwrite)


def _erase(arguments: argparse.Namespace) -> int:
    from service.erase import erase, history

    if arguments.history:
        return history(arguments.config)
    return erase(arguments.config, number=arguments.number, call=arguments.call, yes=arguments.yes)


def _emotion(arguments: argparse.Namespace) -> int:
    from service.reviews import export_corrections

    return export_corrections(arguments.config, arguments.folder)


def _demo(arguments: argparse.Namespace) -> int:
    from service.demo import demo

    return demo(arguments.config, arguments.language, once=arguments.once, report=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
