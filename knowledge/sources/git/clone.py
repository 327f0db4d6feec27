"""A bare clone in the cache, brought up to what the repository has."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from knowledge.server.locks import Lock
from knowledge.sources.git.command import LONG_S, Git, GitFailed

HEAD = "refs/tandem/head"
FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no",
         "--update-shallow")  # fmt: skip
SHA256 = 64  # characters of such an id
BLOBLESS = "--filter=blob:none"  # contents are fetched of those files that are read
ODD = re.compile(r"[\s~^:?*\[\\\x00-\x1f\x7f]|\.\.|@\{|^[-/]|/$|\.lock$")
ELSEWHERE = re.compile(
    r"unable to access|could not resolve|early EOF|RPC failed|hung up|timed? ?out|refused"
    r"|unreachable|returned error|could not read (Username|Password)|Permission denied"
    r"|Host key|No space left|Disk quota|reset by peer|Could not read from remote",
    re.I,
)


class NoSuchBranch(Exception):
    """The repository has no such branch; the argument is the names of those it has."""


@dataclass(frozen=True)
class Tip:
    """What a branch points at."""

    branch: str  # its name
    ref: str  # in the repository
    commit: str


@dataclass(frozen=True)
class Clone:
    """A clone of one branch, without the contents of files that nobody read."""

    git: Git
    url: str

    def bring_up(self, branch: str) -> Tip:
        """Fetch what is new; a clone that is broken is made anew. Raises `GitFailed`.

        Raises `NoSuchBranch`, too.
        """
        told = self.seen(branch)
        with self.alone():
            try:
                return self.fetched(told)
            except GitFailed as error:
                if ELSEWHERE.search(str(error)):
                    raise
            self.remove()
            return self.fetched(told)

    def fetched(self, told: Tip) -> Tip:
        """The tip once the clone has it."""
        if not (self.git.folder / "HEAD").is_file():
            self.make("sha256" if len(told.commit) == SHA256 else "sha1")
        if self.held() != told.commit:
            refs = f"+{told.ref}:{HEAD}"
            self.git.run(*FETCH, "--force", BLOBLESS, "--", "origin", refs, within_s=LONG_S)
            self.git.run("gc", "--auto", "--quiet", within_s=LONG_S)
        commit = self.git.run("rev-parse", "--verify", "--quiet", f"{HEAD}^{{commit}}")
        return Tip(told.branch, told.ref, commit.decode().strip())

    def held(self) -> str:
        """What the clone has; "" while it has nothing."""
        try:
            return self.git.run("rev-parse", "--verify", "--quiet", HEAD).decode().strip()
        except GitFailed:
            return ""

    def seen(self, branch: str) -> Tip:
        """What the repository has, asked without a fetch. Raises `NoSuchBranch`."""
        if ODD.search(branch):
            raise NoSuchBranch("", *self.branches())
        wanted = [f"refs/heads/{branch}", f"refs/tags/{branch}"] if branch else ["HEAD"]
        lines = self.listed("--symref", "--", self.url, *wanted)
        heads = {ref: oid for oid, ref in lines if not oid.startswith("ref: ")}
        named = {ref: oid[len("ref: ") :] for oid, ref in lines if oid.startswith("ref: ")}
        for ref in wanted:
            if ref in heads:
                name = branch or named.get(ref, ref).removeprefix("refs/heads/")
                return Tip(name, ref, heads[ref])
        raise NoSuchBranch(*self.branches())

    def branches(self) -> list[str]:
        """The names of all branches there are."""
        return [
            ref.removeprefix("refs/heads/") for _, ref in self.listed("--heads", "--", self.url)
        ]

    def listed(self, *words: str) -> list[tuple[str, str]]:
        """References of the repository with their ids; a clone that is broken does not matter."""
        nowhere = replace(self.git, folder=self.git.folder.with_suffix(".none"))
        told = nowhere.run("ls-remote", *words).decode("utf-8", "replace")
        return [(oid, ref) for oid, _, ref in (x.partition("\t") for x in told.splitlines())]

    def supply(self, blobs: Iterable[str], commit: str) -> None:
        """Fetch those contents that the clone lacks, together. Raises `GitFailed`."""
        if missing := sorted(set(blobs) & self.missing(commit)):
            words = ("-c", "fetch.negotiationAlgorithm=noop", *FETCH, BLOBLESS, "--stdin", "origin")
            with self.alone():
                self.git.run(*words, feed="\n".join(missing).encode() + b"\n", within_s=LONG_S)

    def remake(self, commit: str, branch: str) -> None:
        """Make the clone anew, with all contents of a commit. Raises `GitFailed`."""
        self.remove()
        self.bring_up(branch)
        self.supply(self.missing(commit), commit)

    def missing(self, commit: str) -> set[str]:
        """The contents of a commit that the clone lacks."""
        words = ("rev-list", "--objects", "--no-walk", "--missing=print", commit)
        told = self.git.run(*words, within_s=LONG_S).decode("utf-8", "replace")
        return {line[1:] for line in told.splitlines() if line.startswith("?")}

    def make(self, kind: str) -> None:
        """An empty clone, made aside: one that was killed half way is none."""
        self.remove()
        aside = replace(self.git, folder=self.git.folder.with_suffix(".new"))
        shutil.rmtree(aside.folder, ignore_errors=True)
        aside.run("init", "--bare", "--quiet", "--template=", f"--object-format={kind}")
        aside.run("config", "remote.origin.url", self.url)
        aside.folder.rename(self.git.folder)

    def remove(self) -> None:
        """Away with the clone."""
        shutil.rmtree(self.git.folder, ignore_errors=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else fetches meanwhile."""
        self.git.folder.parent.mkdir(parents=True, exist_ok=True)
        with Lock(self.git.folder.with_suffix(".lock")).held(lambda _: None):
            yield
