"""The adapter of docs/channels.md, run as it stands there: a customer's message in, the answer out."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.service.channels.talk_in_writing import BILL
from tests.service.channels.test_webhook_conversations import QUESTION, SECRET, house
from tests.service.channels.web_servers import Adapter

pytestmark = pytest.mark.realtime

DOCS = Path(__file__).parents[3] / "docs" / "channels.md"
PROVIDER = """
import threading, sys

def send_with_provider(to, text):
    print(json.dumps([to, text]), flush=True)

def provider_calls():
    for line in sys.stdin:
        print(json.dumps(to_warmline(json.loads(line))), flush=True)

threading.Thread(target=provider_calls, daemon=True).start()
"""


async def test_when_the_documented_adapter_runs_then_it_carries_messages_both_ways(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    port = free_port()
    async with house(tmp_path, Adapter(port), url=f"http://127.0.0.1:{port}/out") as ours:
        code = found[1].replace('b"…"', repr(SECRET.encode())).replace("8090", str(port))
        code = re.sub(r'"https://support[^"]*"', repr(f"{ours.url}/api/webhooks/wa"), code)
        begins = code.index("ThreadingHTTPServer((")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code[:begins] + PROVIDER + code[begins:]),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            message = {"type": "message", "id": "wamid.1", "sender": "+34600123456", "text": QUESTION}
            process.stdin.write(json.dumps(message).encode() + b"\n")
            async with asyncio.timeout(20):
                lines = [json.loads(await process.stdout.readline()) for _ in range(2)]
        finally:
            process.kill()
            await process.wait()

    assert {"taken": True, "duplicate": False} in lines
    answers = [line for line in lines if isinstance(line, list)]
    assert [(to, BILL["es"] in text) for to, text in answers] == [("+34600123456", True)]
