"""Real mail servers for tests: Dovecot (IMAP) and Exim (SMTP) on loopback, without rights, in a temporary folder.

Both serve the same mailboxes: what Exim takes lies where Dovecot finds it. Nothing leaves the machine.
"""

from __future__ import annotations

import contextlib
import email
import imaplib
import os
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.telephony.certificates import Authority

SUPPORT, ANA, JOHN = "support@lumina.example", "ana@example.net", "john@example.net"
NOBODY = "gone@example.net"
"""Is taken at first, and found out not to be there afterwards."""
UNKNOWN = "unknown@example.net"
"""Is refused at once."""
PASSWORD = "password-of-the-tests"
STARTS_S = 20.0

_DOVECOT = """
base_dir = {run}
state_dir = {run}
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 50
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_failure_delay = 0 secs
imap_capability = {capability}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  client_limit = 1
}}
"""

_OAUTH = """
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf.ext
}}
"""
_OAUTH_CHECK = """
introspection_mode = post
introspection_url = {url}
username_attribute = email
active_attribute = active
active_value = true
"""
_EXIM_OAUTH = """
xoauth2:
  driver = plaintext
  public_name = XOAUTH2
  server_prompts = :
  server_condition = ${{if eq{{$auth1}}{{user={support}\\x01auth=Bearer {token}\\x01\\x01}}}}
  server_set_id = {support}
"""

_EXIM = """
primary_hostname = mx.lumina.example
exim_user = {user}
exim_group = {group}
spool_directory = {folder}/spool
log_file_path = {folder}/exim-%slog
pid_file_path = {run}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {smtp} : {smtps}
tls_on_connect_ports = {smtps}
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
deliver_drop_privilege = true
queue_only_override = false
never_users =
smtp_accept_max = 50
acl_smtp_rcpt = acl_rcpt
smtputf8_advertise_hosts = *
hosts_treat_as_local =
bounce_return_size_limit = 20K

begin acl
acl_rcpt:
  deny    !authenticated = *
          message = authentication required
  defer   local_parts = later
          message = try again later
  deny    !verify = recipient
          message = no such person
  accept

begin routers
gone:
  driver = redirect
  local_parts = gone
  data = :fail: no such person
  allow_fail
  no_verify_recipient
promised:
  driver = accept
  local_parts = gone
  transport = mailboxes
  verify_only
people:
  driver = accept
  domains = lsearch;{folder}/domains
  local_parts = lsearch;{folder}/people
  local_part_suffix = +*
  local_part_suffix_optional
  transport = mailboxes

begin transports
mailboxes:
  driver = appendfile
  directory = {folder}/mail/$local_part_data@$domain_data
  maildir_format
  create_directory
  directory_mode = 0700
  mode = 0600
  envelope_to_add
  return_path_add
  user = {user}
  group = {group}

begin retry
* * F,1h,2s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{support}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""


def missing() -> str:
    """Return which servers are not installed; empty when all are."""
    wanted = {"dovecot": "dovecot-imapd", "exim4": "exim4-daemon-light"}
    return " ".join(package for program, package in wanted.items() if _program(program) is None)


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@dataclass
class MailServers:
    """The two of them; each may be stopped and started again."""

    folder: Path
    ca: str
    imap: int
    imaps: int
    smtp: int
    smtps: int
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _prefix: Sequence[str] = ()

    def start(self, *names: str) -> None:
        """Start servers (both without a name) and wait until they take connections."""
        for name in names or ("dovecot", "exim4"):
            program = _program(name)
            assert program is not None
            command = {
                "dovecot": [program, "-F", "-c", str(self.folder / "dovecot.conf")],
                "exim4": [program, "-C", str(self.folder / "exim.conf"), "-bdf", "-q2s"],
            }[name]
            with (self.folder / f"{name}.out").open("ab") as out:
                self._running[name] = subprocess.Popen(
                    [*self._prefix, *command],
                    stdout=out,
                    stderr=out,
                    stdin=subprocess.DEVNULL,
                    cwd=self.folder,
                    start_new_session=True,
                )
            for port in {"dovecot": (self.imap, self.imaps), "exim4": (self.smtp, self.smtps)}[name]:
                self._wait_for(name, port)

    def stop(self, *names: str) -> None:
        """Stop servers (both without a name); open connections end."""
        for name in names or tuple(self._running):
            process = self._running.pop(name, None)
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # Dovecot's children go on with the connections they have

    def empty(self) -> None:
        """Leave nothing in any mailbox; numbers begin anew."""
        for box in (self.folder / "mail").iterdir():
            shutil.rmtree(box)

    def renumber(self, mailbox: str) -> None:
        """Make the server number a mailbox anew, as after a restore: another UIDVALIDITY."""
        for path in (self.folder / "mail" / mailbox).glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # the new one is a time in seconds

    def put(self, mailbox: str, raw: bytes, *flags: str) -> None:
        """Lay a mail into a mailbox, as if it had come."""
        with self.mailbox(mailbox) as box:
            box.append("INBOX", " ".join(flags) or None, None, raw)

    def deliver(self, sender: str, to: str, raw: bytes) -> None:
        """Send a mail from outside through Exim."""
        context = ssl.create_default_context(cafile=self.ca)
        with smtplib.SMTP_SSL("localhost", self.smtps, context=context) as client:
            client.login(SUPPORT, PASSWORD)
            client.sendmail(sender, [to], raw)

    @contextlib.contextmanager
    def mailbox(self, name: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4_SSL]:
        """Open a mailbox as its owner."""
        box = imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=ssl.create_default_context(cafile=self.ca))
        try:
            box.login(name, PASSWORD)
            box.select(folder)
            yield box
        finally:
            box.logout()

    def mails(self, name: str) -> list[tuple[EmailMessage, str]]:
        """Return the mails of a mailbox, oldest first, with their flags."""
        found: list[tuple[EmailMessage, str]] = []
        with self.mailbox(name) as box:
            for number in str(box.search(None, "ALL")[1][0].decode()).split():
                answer: Any = box.fetch(number, "(FLAGS BODY.PEEK[])")[1]
                mail = email.message_from_bytes(answer[0][1], policy=policy.default)
                assert isinstance(mail, EmailMessage)
                flags = answer[0][0].decode() + (answer[1].decode() if isinstance(answer[1], bytes) else "")
                found.append((mail, flags))
        return found

    def log(self) -> str:
        """Return what the servers wrote, for whoever looks why a test failed."""
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-4000:]}"
            for path in sorted(self.folder.glob("*"))
            if path.is_file() and ("log" in path.name or path.suffix == ".out")
        )

    def _wait_for(self, name: str, port: int) -> None:
        gives_up_s = time.monotonic() + STARTS_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                process = self._running[name]
                if process.poll() is not None or time.monotonic() > gives_up_s:
                    raise AssertionError(f"{name} does not start:\n{self.log()}") from None
                time.sleep(0.05)


@contextlib.contextmanager
def mail_servers(*, idle: bool = True, introspection_url: str = "", token: str = "") -> Iterator[MailServers | None]:
    """Run both servers until the block ends; None where they are not installed.

    With an `introspection_url` Dovecot takes access tokens that are asked about there, and Exim takes `token` alone.
    """
    if missing():
        yield None
        return
    folder = Path("/tmp") / f"wl-mail-{uuid.uuid4().hex[:8]}"  # a socket's path must be short
    folder.mkdir()
    prefix: list[str] = []
    user, group = _me()
    if os.geteuid() == 0:  # neither has rights, as on a developer's machine
        user, group = "nobody", "nogroup"
        prefix = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
    authority = Authority(folder)
    tls = authority.issue("localhost")
    servers = MailServers(folder, authority.ca, free_port(), free_port(), free_port(), free_port(), _prefix=prefix)
    for name in ("run", "mail", "spool"):
        (folder / name).mkdir()
    names = {
        "folder": folder,
        "run": folder / "run",
        "user": user,
        "group": group,
        "certificate": tls.certificate,
        "key": tls.key,
        "support": SUPPORT,
        "password": PASSWORD,
        "capability": "" if idle else "IMAP4rev1 UIDPLUS LITERAL+ SASL-IR STARTTLS AUTH=PLAIN",
        **{name: getattr(servers, name) for name in ("imap", "imaps", "smtp", "smtps")},
    }
    dovecot = _DOVECOT.format(**names)
    (folder / "dovecot.conf").write_text(dovecot if not idle else dovecot.replace("imap_capability = \n", ""))
    exim = _EXIM + (_EXIM_OAUTH if token else "")
    (folder / "exim.conf").write_text(exim.format(**names, token=token))
    if introspection_url:
        with (folder / "dovecot.conf").open("a") as config:
            config.write(_OAUTH.format(**names))
        (folder / "oauth2.conf.ext").write_text(_OAUTH_CHECK.format(url=introspection_url))
    people = sorted({address.partition("@")[0] for address in (SUPPORT, ANA, JOHN)})
    (folder / "people").write_text("".join(f"{name}: {name}\n" for name in people))
    (folder / "domains").write_text("".join(f"{name}: {name}\n" for name in ("lumina.example", "example.net")))
    (folder / "passwd").write_text("".join(f"{address}:{{PLAIN}}{PASSWORD}\n" for address in (SUPPORT, ANA, JOHN)))
    if prefix:
        subprocess.run(["chown", "-R", f"{user}:{group}", str(folder)], check=True)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _me() -> tuple[str, str]:
    import grp
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
