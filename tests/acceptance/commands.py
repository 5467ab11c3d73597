"""`warmline …` run to its end: each command in a process of its own, forked from one that has imported the program.

To import it takes 2 s of a core, to run most commands 0.1 s; there are about a hundred of them in a run of the tests.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
NICENESS = 5


class _Imported:
    """The process from which commands are forked; started with the first command of a worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def run(self, arguments: tuple[str, ...], environ: dict[str, str], most_s: float) -> tuple[int, str, str]:
        with self._lock, tempfile.TemporaryDirectory() as folder:
            process = self._started()
            out, errors = Path(folder) / "out", Path(folder) / "errors"
            wish = {"arguments": arguments, "environ": environ, "out": str(out), "errors": str(errors)}
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(wish) + "\n")
            process.stdin.flush()
            if not select.select([process.stdout], [], [], most_s)[0]:
                self.end()
                raise subprocess.TimeoutExpired(arguments, most_s, out.read_bytes(), errors.read_bytes())
            code = int(process.stdout.readline())
            return code, out.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-X", "utf8", "-m", "tests.acceptance.commands"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            atexit.register(self.end)
        return self._process

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


_imported = _Imported()


def command(*arguments: str, environ: dict[str, str] | None = None, most_s: float = 90.0) -> tuple[int, str, str]:
    """Run `warmline …` to its end; return exit code, standard output, standard error."""
    return _imported.run(arguments, {**os.environ, **(environ or {})}, most_s)


def _fork_commands() -> None:
    """Run what is asked for, one a line, until nobody asks any more; tell the exit code of each."""
    from service import check, cli, commands, erase, phone, serve  # noqa: F401 (what a command imports)

    os.nice(NICENESS)
    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update(wish["environ"])
            for name, number in (("out", 1), ("errors", 2)):
                os.dup2(os.open(wish[name], os.O_WRONLY | os.O_CREAT), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.argv = ["warmline", *wish["arguments"]]
            sys.exit(cli.main(wish["arguments"]))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 (who asked reads it)


if __name__ == "__main__":
    _fork_commands()
