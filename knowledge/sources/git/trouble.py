"""What git complains of, as errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from knowledge.errors import SourceUnreadable
from knowledge.sources.git.clone import NoSuchBranch
from knowledge.sources.git.command import GitFailed, GitMissing

NAMED = 8  # branches in an error
TOLD = (  # what git says, what that means, what to do; the first that fits
    (r"cannot run ssh", "ssh is not installed", "Install it (`apt-get install openssh-client`)"),
    (
        r"host key verification",
        "the key of its host is not known",
        "Add it to known_hosts of the bot's user (`ssh-keyscan HOST`)",
    ),
    (
        r"error: 40[13]\b|could not read (username|password)|authentication failed|access denied"
        r"|permission denied \(|invalid (username|credentials)",
        "the bot is not let in",
        "Give a `token` (https) or an `ssh_key` (ssh) that may read it",
    ),
    (r"error: 30\d\b", "the server sends elsewhere", "Let `url` be the address that it has now"),
    (
        r"no space left|disk quota",
        "there is no room for its clone in the cache",
        "Make room, or set `cache` to another disk",
    ),
    (
        r"not found|does not exist|not appear to be a git repository|error: 404\b|no such file",
        "there is no repository, or the bot may not see it",
        "Check the address; a private one needs a `token` or an `ssh_key`",
    ),
    (
        r"unable to access|could not resolve|timed? ?out|refused|unreachable|hung up|early eof"
        r"|rpc failed|reset by peer|error: (5\d\d|429)\b",
        "it cannot be reached",
        "Check the address and the network; the next sync tries again",
    ),
)


@contextmanager
def told(source: str) -> Iterator[None]:
    """What goes wrong within the block is a `SourceUnreadable`."""
    try:
        yield
    except GitMissing as error:
        remedy = "Install git 2.32 or newer (`apt-get install git`)"
        raise SourceUnreadable(source, str(error), remedy) from error
    except NoSuchBranch as error:
        problem = f"it has no such branch or tag{named(error.args)}"
        raise SourceUnreadable(source, problem, "Check `branch`") from error
    except GitFailed as error:
        problem, remedy = worded(str(error))
        raise SourceUnreadable(source, problem, remedy) from error


def worded(said: str) -> tuple[str, str]:
    """What is wrong and what to do."""
    last = brief(said)
    for pattern, what, remedy in TOLD:
        if re.search(pattern, said, re.IGNORECASE):
            return f"{what} ({last})", remedy
    return f"git failed ({last})", "Run `tandem sync` again; see the log for more"


def brief(said: str) -> str:
    """The line that says most."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no reason given"]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (fatal or lines)[0][:300].rstrip(".")


def named(branches: tuple[str, ...]) -> str:
    """Which branches there are, in brackets."""
    if not branches:
        return " (it has none at all: it is empty)"
    more = ", …" if len(branches) > NAMED else ""
    return f" (there are: {', '.join(branches[:NAMED])}{more})"
