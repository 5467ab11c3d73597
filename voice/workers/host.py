"""The process that hosts engines: `python -m voice.workers.host --fd N`; started by `voice.workers.client`.

Its life hangs on the socket: when the service is gone, even by kill -9, the socket ends and the process with it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

from calls.errors import CallCentreError
from voice.workers.engine import EngineSpec, load_engine
from voice.workers.protocol import Decoder, Message, encode
from voice.workers.runner import EngineRunner, error_message

logger = logging.getLogger(__name__)

_READ_BYTES = 256 * 1024


class Host:
    """Dispatches the frames of one connection to engine runners."""

    def __init__(self, emit: Callable[[Message], None]) -> None:
        """Send what the engines answer through `emit`, which must be thread-safe."""
        self._emit = emit
        self._runners: dict[str, EngineRunner] = {}

    def load(self, specs: list[EngineSpec]) -> bool:
        """Load and warm up every engine and emit `ready`; on the first failure emit `failed` and return False."""
        for spec in specs:
            try:
                self._runners[spec.name] = EngineRunner(spec.name, load_engine(spec), self._emit, spec.at_once)
            except CallCentreError as error:
                self._emit(Message("failed", 0, error_message(0, error).data))
                return False
        for runner in self._runners.values():
            runner.start()
        self._emit(Message("ready", 0))
        return True

    def take(self, message: Message) -> None:
        """Handle one message of the client; returns at once."""
        if message.kind == "cancel":
            for runner in self._runners.values():
                runner.cancel(message.id)
            return
        if message.kind != "request":
            return
        chosen = self._runners.get(str(message.data.get("engine")))
        if chosen is None:
            sentence = f"This worker has no engine {message.data.get('engine')!r}; it has {sorted(self._runners)}."
            self._emit(error_message(message.id, CallCentreError("worker.no_engine", sentence, fault="us")))
            return
        chosen.submit(message)

    def stop(self) -> None:
        """End every engine's thread."""
        for runner in self._runners.values():
            runner.stop()


def _serve(connection: socket.socket, specs: list[EngineSpec]) -> int:
    lock = threading.Lock()

    def emit(message: Message) -> None:
        frame = encode(message)
        try:
            with lock:
                connection.sendall(frame)
        except OSError:  # the service is gone; the reader below sees it as well
            return

    host = Host(emit)
    loaded = threading.Event()

    def load() -> None:
        if host.load(specs):
            loaded.set()
        else:
            connection.shutdown(socket.SHUT_RDWR)

    # Loading may take seconds; the socket is read meanwhile, so that a vanished service ends the process at once.
    threading.Thread(target=load, name="load", daemon=True).start()
    decoder = Decoder()
    while data := connection.recv(_READ_BYTES):
        for message in decoder.feed(data):
            loaded.wait()
            host.take(message)
    return 0


def main() -> None:
    """Run one worker until its socket ends."""
    parser = argparse.ArgumentParser(description="Hosts inference engines for warmline; not meant to be run by hand.")
    parser.add_argument("--fd", type=int, required=True, help="inherited socket to the service")
    parser.add_argument("--niceness", type=int, default=5, help="how far to step back behind the media")
    parser.add_argument("--engines", required=True, help="JSON list of {name, factory, options}")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the service decides when we end
    if options.niceness > 0:
        os.nice(options.niceness)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    specs = [EngineSpec(**item) for item in json.loads(options.engines)]
    connection = socket.socket(fileno=options.fd)
    # Threads inside native libraries must not hold up the end: leave without unwinding them.
    os._exit(_serve(connection, specs))


if __name__ == "__main__":
    main()
