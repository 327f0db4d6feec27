"""The folder of finished weights: complete or not there, whatever was killed in between."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model.progress import Progress
from model.weights.fetch import need_room, sha256
from model.weights.gguf import CONVERTER, convert

MANIFEST = "tandem-weights.json"


@dataclass(frozen=True)
class Cache:
    """Weights by name under `root`, each a folder with a manifest that was written last."""

    root: Path

    def held(self, name: str, digest: str) -> Path | None:
        """The folder of `name` when it is whole and made of what `digest` stands for."""
        folder = self._home(name)
        try:
            manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
            whole = all((folder / f).stat().st_size == n for f, n in manifest["files"].items())
            same = (manifest["digest"], manifest["made_by"]) == (digest, CONVERTER)
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return None
        return folder if whole and same else None

    def put(self, name: str, digest: str, make: Callable[[Path], None]) -> Path:
        """Let `make` fill a folder aside, then move it into place; call it under `lock`."""
        folder = self._home(name)
        aside = folder.with_name(f".{folder.name}.making")
        shutil.rmtree(aside, ignore_errors=True)  # left by one that was killed
        aside.mkdir(parents=True)
        try:
            make(aside)
            _write_manifest(aside, name, digest)
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return folder

    def downloads(self, name: str) -> Path:
        """Where the files that `name` is made of are gathered; kept until it is made."""
        folder = self.root / "downloads" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def lock(self, name: str, progress: Progress) -> Iterator[None]:
        """Only one process at a time makes `name`; the others wait, and say so."""
        from filelock import FileLock, Timeout

        (self.root / "locks").mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "locks" / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress(f"Waiting for another command that is setting up {name}", 0, None)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def converted(self, gguf: Path, progress: Progress) -> Path:
        """The transformers folder made of a GGUF file that lies anywhere on this machine."""
        digest = sha256(gguf)
        name = f"{gguf.stem}-{digest[:12]}"
        with self.lock(name, progress):
            if held := self.held(name, digest):
                return held
            need_room(self.root, 5 * gguf.stat().st_size, f"converting {gguf.name}")
            return self.put(name, digest, lambda folder: convert(gguf, folder, progress))

    def _home(self, name: str) -> Path:
        return self.root / "weights" / name


def _write_manifest(folder: Path, name: str, digest: str) -> None:
    files = {f.relative_to(folder).as_posix(): f.stat().st_size for f in _files(folder)}
    manifest = {"name": name, "digest": digest, "made_by": CONVERTER, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
