"""Mail servers for all tests of a worker, each test with empty mailboxes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mail_servers import MailServers, mail_servers, missing


@pytest.fixture(scope="session")
def both_servers() -> Iterator[MailServers | None]:
    """Start Dovecot and Exim once; None where they are not installed."""
    with mail_servers() as servers:
        yield servers


@pytest.fixture
def servers(both_servers: MailServers | None) -> MailServers:
    """Empty the mailboxes."""
    if both_servers is None:
        pytest.skip(f"needs mail servers (apt-get install {missing()})")
    both_servers.empty()
    return both_servers
