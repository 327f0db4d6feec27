"""Runs git itself: no shell, no prompt, no hooks, and none of the settings of who runs it."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

PROTOCOLS = "https:http:ssh:file"  # never ext::, which runs what the address says
QUICK_S, LONG_S = 300.0, 4 * 3600.0
KEPT = ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_EXEC_PATH")  # of the variables that git heeds
SETTINGS = """\
[core]
	hooksPath = /dev/null
	fsmonitor = false
	askPass =
[credential]
	helper =
[http]
	followRedirects = false
	lowSpeedLimit = 100
	lowSpeedTime = 60
[fetch]
	recurseSubmodules = false
	writeCommitGraph = false
[submodule]
	recurse = false
[gc]
	autoDetach = false
[maintenance]
	autoDetach = false
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[safe]
	directory = *
"""  # the last: whoever set the folder's path meant it, whosever it is


class GitFailed(Exception):
    """Git did not do what it was told; the message is what it said, without secrets."""


class GitMissing(GitFailed):
    """There is no git on this machine."""


@dataclass(frozen=True)
class Login:
    """How a repository lets the bot in; never in an argument, an address or a log."""

    origin: str = ""  # "https://host/": where alone the token is sent
    username: str = ""
    token: str = field(default="", repr=False)
    ssh_key: str = ""  # the path of a private key

    @property
    def basic(self) -> str:
        """Name and token as HTTP wants them."""
        return base64.b64encode(f"{self.username}:{self.token}".encode()).decode()

    def environment(self) -> dict[str, str]:
        """The variables by which git learns of it."""
        ssh = ["ssh", "-oBatchMode=yes", "-oConnectTimeout=30", "-oServerAliveInterval=15"]
        if self.ssh_key:
            ssh += ["-oIdentitiesOnly=yes", "-i", str(Path(self.ssh_key).expanduser())]
        told = {"GIT_SSH_COMMAND": shlex.join(ssh)}
        if self.token:
            told |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.{self.origin}.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {self.basic}",
            }
        return told

    def hushed(self, text: str) -> str:
        """Text in which no secret stands."""
        for secret in (self.token, quote(self.token, safe=""), self.basic if self.token else ""):
            text = text.replace(secret, "***") if secret else text
        return text


@dataclass(frozen=True)
class Git:
    """Git for one bare repository."""

    folder: Path
    login: Login = Login()

    def run(self, *words: str, feed: bytes = b"", within_s: float = QUICK_S) -> bytes:
        """What a command writes. Raises `GitFailed`."""
        with self.begun(words, stdin=subprocess.PIPE) as child:
            try:
                told, wrong = child.communicate(feed, timeout=within_s)
            except subprocess.TimeoutExpired as error:
                raise GitFailed(f"git {words[0]} timed out after {within_s:g} s") from error
        if child.returncode:
            raise GitFailed(self.said(words, wrong))
        return told

    @contextmanager
    def begun(
        self, words: Sequence[str], stdin: int = subprocess.DEVNULL, stderr: int = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A command under way, ended with the block. Raises `GitMissing`."""
        command = ["git", f"--git-dir={self.folder}", *words]
        told, out = self.environment(), subprocess.PIPE
        try:
            child = subprocess.Popen(command, env=told, stdin=stdin, stdout=out, stderr=stderr)
        except OSError as error:
            raise GitMissing("git is not installed") from error
        try:
            yield child
        finally:
            end(child)

    def environment(self) -> dict[str, str]:
        """The variables for git: the machine's without git's own, and ours."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in KEPT}
        kept.pop("SSH_ASKPASS", None)
        return kept | {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.settings()),
            "GIT_ALLOW_PROTOCOL": PROTOCOLS,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",  # what is missing is fetched by `Clone.supply` alone
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
            **self.login.environment(),
        }

    def settings(self) -> Path:
        """The file of settings in place of the user's; written anew where it is another."""
        file = self.folder.parent / "gitconfig"
        if not file.is_file() or file.read_text() != SETTINGS:
            file.parent.mkdir(parents=True, exist_ok=True)
            half = file.with_name(f".gitconfig-{os.getpid()}")
            half.write_text(SETTINGS)
            half.replace(file)
        return file

    def said(self, words: Sequence[str], wrong: bytes) -> str:
        """What git complained of, in a few lines."""
        text = self.login.hushed(wrong.decode("utf-8", "replace")).strip()
        return text[-1000:] or f"git {words[0]} failed"


def end(child: subprocess.Popen[bytes]) -> None:
    """End a command that is still under way, and close its pipes."""
    if child.poll() is None:
        child.kill()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(OSError):  # what was not yet written to it
                pipe.close()
    child.wait()
