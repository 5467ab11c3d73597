"""The decorator by which a test names the calls that it looks at."""

from __future__ import annotations

import pytest


def looks_at(*scenarios: str) -> pytest.MarkDecorator:
    """Give the test's fixture `played` these calls, in this order."""
    return pytest.mark.parametrize("played", [scenarios], indirect=True, ids=["+".join(scenarios)])
