"""Accounts of staff, made by the command as an operator makes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.service_process import ROOT

PASSWORD = "correct horse battery"


def hire(config: Path, **roles: str) -> None:
    """Give an account to each name, in its role; all speak both languages."""
    for name, role in roles.items():
        command = (sys.executable, "-m", "service.cli", "staff", "add", name, "--role", role, "--password-stdin")
        languages = ("--language", "en", "--language", "es", "--config", str(config))
        subprocess.run((*command, *languages), input=f"{PASSWORD}\n", text=True, check=True, cwd=ROOT)
