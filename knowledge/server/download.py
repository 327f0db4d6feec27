"""The official release, as weaviate-client's embedded mode names and downloads it."""

from __future__ import annotations

import platform
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import IO

from knowledge.documents import Progress
from knowledge.server.version import WEAVIATE_VERSION, NotThere

RELEASES = "https://github.com/weaviate/weaviate/releases/download"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
STEP = f"Downloading Weaviate {WEAVIATE_VERSION}"  # units: bytes


def download(scratch: Path, progress: Progress, releases: str = RELEASES) -> Path:
    """The binary of the release for this machine, unpacked in `scratch`. Raises `NotThere`."""
    archive = scratch / _name()
    _fetch(f"{releases}/v{WEAVIATE_VERSION}/{archive.name}", archive, progress)
    try:
        return _unpack(archive, scratch / "weaviate")
    except (OSError, KeyError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise NotThere(f"{archive.name} is damaged ({error})") from error


def _name() -> str:
    system, machine = platform.system(), platform.machine()
    if system == "Darwin":
        return f"weaviate-v{WEAVIATE_VERSION}-{system}-all.zip"
    return f"weaviate-v{WEAVIATE_VERSION}-{system}-{MACHINES.get(machine, machine)}.tar.gz"


def _fetch(url: str, target: Path, progress: Progress) -> None:
    import httpx

    progress(STEP, 0, None)
    # No network must be noticed at once: the build that comes next takes minutes as it is.
    timeout = httpx.Timeout(30, connect=5)
    try:
        with httpx.stream("GET", url, timeout=timeout, follow_redirects=True) as reply:
            reply.raise_for_status()
            total = int(reply.headers.get("content-length", 0)) or None
            with target.open("wb") as file:
                for piece in reply.iter_bytes(1 << 20):
                    file.write(piece)
                    progress(STEP, file.tell(), total)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise NotThere(f"{url} could not be downloaded ({_first_line(error)})") from error


def _unpack(archive: Path, target: Path) -> Path:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped, zipped.open("weaviate") as packed:
            _copy(packed, target)
    else:
        with tarfile.open(archive) as tar, tar.extractfile("weaviate") or _missing() as packed:
            _copy(packed, target)
    return target


def _missing() -> IO[bytes]:
    raise KeyError("it holds no file called weaviate")


def _copy(packed: IO[bytes], target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
