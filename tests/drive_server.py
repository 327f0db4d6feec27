"""A Google Drive on a test's server: its v3 API as documented, with pages of two entries each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from knowledge.sources.googledrive import source
from knowledge.sources.googledrive.formats import CSV, DOCX, PPTX, TEXT, XLSX
from knowledge.sources.googledrive.passing import DriveSource
from tests.faults import Asked, Reply, Server, Still, as_json, limits_for

GOOGLE = "application/vnd.google-apps"
FOLDER, SHORTCUT, DOC = f"{GOOGLE}.folder", f"{GOOGLE}.shortcut", f"{GOOGLE}.document"
BASE = "/drive/v3"
TOGETHER = 2
REFRESH, CLIENT = "1//hunter2-refresh", ("bot.apps.example", "hunter2-client")
CONVERTED = {  # what each kind can be exported as; what a file lacks of that is too large
    DOC: ("text/markdown", DOCX, TEXT),
    f"{GOOGLE}.spreadsheet": (XLSX, CSV),
    f"{GOOGLE}.presentation": (PPTX, TEXT),
}
IN = re.compile(r"'([^']+)' in parents")


@dataclass(frozen=True)
class File:
    """A file, a folder, or a shortcut."""

    id: str
    name: str = ""
    mime: str = DOC
    parent: str = ""
    body: bytes = b""
    exports: Mapping[str, bytes] = field(default_factory=dict)  # by media type
    version: int = 1
    changed_s: float = 1_794_000_000.0
    drive: str = ""
    target: str = ""
    trashed: bool = False
    kept: str = ""  # the reason for which its content is refused
    size: int | None = None


def folder(id: str, name: str, parent: str = "", **more: Any) -> File:
    return File(id, name, FOLDER, parent, **more)


def doc(id: str, name: str, parent: str, text: str = "", **more: Any) -> File:
    """A document of Google's editor."""
    exports = {"text/markdown": (text or f"About {name}.").encode()}
    return File(id, name, DOC, parent, exports=exports, **more)


def shortcut(id: str, parent: str, target: str, **more: Any) -> File:
    return File(id, f"to {target}", SHORTCUT, parent, target=target, **more)


@dataclass
class FakeDrive:
    """What there is, what changed, and who may ask."""

    files: dict[str, File] = field(default_factory=dict)
    drives: dict[str, str] = field(default_factory=dict)  # names by id
    log: list[tuple[str, str]] = field(default_factory=list)  # log ("" or a drive) and file
    tokens: set[str] = field(default_factory=set)  # that are good now
    made: int = 0  # tokens
    logins: list[dict[str, str]] = field(default_factory=list)
    refused: tuple[str, str] | None = None  # what the token endpoint answers
    slow: int = 0  # answers that are limits, told as 403
    forgotten: int = 0  # page tokens before this are not good any more

    # -- what a test does ------------------------------------------------------------

    def at(self, server: Server) -> None:
        """Serve it."""
        server.routes["/token"] = self.token
        server.routes[f"{BASE}/files"] = self.within(self.listing)
        server.routes[f"{BASE}/changes"] = self.within(self.changed)
        server.routes[f"{BASE}/changes/startPageToken"] = self.within(self.start)
        server.routes[f"{BASE}/drives"] = self.within(self.drives_listed)
        server.beginning[f"{BASE}/drives/"] = self.within(self.drive)
        server.beginning[f"{BASE}/files/"] = self.within(self.file)

    def put(self, *files: File) -> None:
        """Make or change files."""
        for file in files:
            before = self.files.get(file.id)
            version = before.version + 1 if before else file.version
            self.files[file.id] = replace(file, version=version)
            self.log += [(log, file.id) for log in {file.drive, before.drive if before else ""}]

    def edit(self, id: str, **new: Any) -> None:
        """Change a file; what lies below it does not show in the log."""
        self.put(replace(self.files[id], **new))

    def drop(self, *ids: str) -> None:
        """Delete for good."""
        for id in ids:
            self.log.append((self.files.pop(id).drive, id))

    # -- who asks --------------------------------------------------------------------

    def token(self, asked: Asked) -> Reply:
        """The token endpoint of both grants."""
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        self.logins.append(form)
        if self.refused:
            error, words = self.refused
            return as_json({"error": error, "error_description": words}, 400)
        if form["grant_type"].endswith("jwt-bearer"):
            good = signed_right(form["assertion"])
        else:
            given = form["client_id"], form["client_secret"]
            good = given == CLIENT and form["refresh_token"] == REFRESH
        if not good:
            return as_json({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
        self.made += 1
        self.tokens = {f"ya29.hunter2-{self.made}"}
        return as_json({"access_token": min(self.tokens), "expires_in": 3599})

    def within(self, route: Any) -> Any:
        """A route for those alone who have a good token."""

        def guarded(asked: Asked) -> Reply:
            if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                return refusal(401, "authError")
            if self.slow:
                self.slow -= 1
                return refusal(403, "userRateLimitExceeded")
            answer: Reply = route(asked)
            return answer

        return guarded

    # -- what it tells ---------------------------------------------------------------

    def listing(self, asked: Asked) -> Reply:
        """`files.list`."""
        query, drive = asked.query["q"], asked.query.get("driveId", "")
        parents = IN.findall(query)
        assert query.endswith("trashed = false")
        assert asked.query["includeItemsFromAllDrives"] == asked.query["supportsAllDrives"]
        found = [
            file
            for file in self.files.values()
            if not self.binned(file)
            and (file.parent in parents if parents else file.drive == drive)
        ]
        return self.page(asked, "files", [self.told(file) for file in found])

    def start(self, asked: Asked) -> Reply:
        """`changes.getStartPageToken`; a drive's log is for its members alone."""
        if asked.query.get("driveId", "") not in {"", *self.drives}:
            return refusal(404, "notFound")
        return as_json({"startPageToken": str(len(self.log))})

    def changed(self, asked: Asked) -> Reply:
        """`changes.list`: each file once, as it is now."""
        begin = int(asked.query["pageToken"].partition("+")[0])
        if begin < self.forgotten or begin > len(self.log):
            return refusal(400, "invalid")
        drive = asked.query.get("driveId", "")
        ids = dict.fromkeys(id for log, id in self.log[begin:] if log == drive)
        changes = [self.change(id, drive) for id in ids]
        reply = self.page(asked, "changes", changes, f"{begin}+")
        told = json.loads(reply.body)
        if "nextPageToken" not in told:
            told["newStartPageToken"] = str(len(self.log))
        return as_json(told)

    def change(self, id: str, drive: str) -> Mapping[str, object]:
        file = self.files.get(id)
        if file is None or file.drive != drive:
            return {"changeType": "file", "fileId": id, "removed": True}
        return {"changeType": "file", "fileId": id, "removed": False, "file": self.told(file)}

    def page(self, asked: Asked, name: str, every: Sequence[object], begun: str = "") -> Reply:
        """Some entries, and where the others are."""
        told = asked.query.get("pageToken", "")
        at = int(told.rpartition("+")[2] or 0) if "+" in told or not begun else 0
        more = {"nextPageToken": f"{begun}{at + TOGETHER}"} if at + TOGETHER < len(every) else {}
        return as_json({name: list(every[at : at + TOGETHER]), **more})

    def drives_listed(self, asked: Asked) -> Reply:
        every = [{"id": id, "name": name} for id, name in self.drives.items()]
        return self.page(asked, "drives", every)

    def drive(self, asked: Asked) -> Reply:
        id = asked.path.rpartition("/")[2]
        if id not in self.drives:
            return refusal(404, "notFound")
        return as_json({"id": id, "name": self.drives[id]})

    def file(self, asked: Asked) -> Reply:
        """`files.get`, its content, and `files.export`."""
        id, _, what = asked.path.removeprefix(f"{BASE}/files/").partition("/")
        if id in self.drives:
            return as_json({"id": id, "name": "Drive", "mimeType": FOLDER, "driveId": id})
        file = self.files.get(id)
        if file is None:
            return refusal(404, "notFound")
        if what != "export" and asked.query.get("alt") != "media":
            return as_json(self.told(file))
        if file.kept:
            return refusal(403, file.kept)
        media = asked.query.get("mimeType", "") if what else file.mime
        body = file.exports.get(media) if what else file.body
        if body is None and media not in CONVERTED[file.mime]:
            return refusal(400, "badRequest")
        if body is None:
            return refusal(403, "exportSizeLimitExceeded")
        return Reply(200, body, {"Content-Type": f"{media}; charset=utf-8"})

    def binned(self, file: File) -> bool:
        """Is it in the trash, or in a folder that is?"""
        above = self.files.get(file.parent)
        return file.trashed or (above is not None and self.binned(above))

    def told(self, file: File) -> dict[str, object]:
        """A file as the API has it."""
        when = datetime.fromtimestamp(file.changed_s, UTC).isoformat(timespec="milliseconds")
        made: dict[str, object] = {
            "id": file.id, "name": file.name, "mimeType": file.mime, "trashed": self.binned(file),
            "modifiedTime": when.replace("+00:00", "Z"), "version": str(file.version),
            "webViewLink": f"https://drive.example/file/d/{file.id}/view",
        }  # fmt: skip
        made |= {"parents": [file.parent]} if file.parent else {}
        made |= {"driveId": file.drive} if file.drive else {}
        if file.target:
            led = self.files.get(file.target)
            mime = led.mime if led else DOC
            made["shortcutDetails"] = {"targetId": file.target, "targetMimeType": mime}
        if not file.mime.startswith(GOOGLE):
            made["md5Checksum"] = hashlib.md5(file.body, usedforsecurity=False).hexdigest()
            made["size"] = str(len(file.body) if file.size is None else file.size)
        return made


def refusal(status: int, reason: str) -> Reply:
    """An error as Google's APIs tell it."""
    told = [{"domain": "global", "reason": reason, "message": f"It is so: {reason}."}]
    return as_json(
        {"error": {"errors": told, "code": status, "message": told[0]["message"]}}, status
    )


# -- a service account ---------------------------------------------------------------


@cache
def key() -> tuple[str, str]:
    """The private and the public key of the service account, in PEM."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    made = generate_private_key(65537, 2048)
    private = made.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = made.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def service_account(server: Server, **more: str) -> str:
    """The JSON file of its key."""
    told = {
        "type": "service_account", "client_email": "bot@acme.example", "client_id": "1",
        "private_key": key()[0], "token_uri": f"{server.url}/token",
    }  # fmt: skip
    return json.dumps({**told, **more})


def authorized_user(server: Server, refresh_token: str = REFRESH) -> str:
    """The JSON file of a user who agreed, as gcloud writes it."""
    told = {"type": "authorized_user", "client_id": CLIENT[0], "client_secret": CLIENT[1],
            "refresh_token": refresh_token, "token_uri": f"{server.url}/token"}  # fmt: skip
    return json.dumps(told)


def claims(assertion: str) -> dict[str, Any]:
    """What a signed assertion says. Raises ValueError when the signature is not right."""
    from google.auth import crypt, jwt

    signed, _, signature = assertion.encode().rpartition(b".")
    _, told, _, mark = jwt._unverified_decode(assertion)  # type: ignore[no-untyped-call]
    if not crypt.verify_signature(signed, mark, [key()[1]]):  # type: ignore[no-untyped-call]
        raise ValueError(signature)
    return dict(told)


def signed_right(assertion: str) -> bool:
    """Is it what the documentation asks for?"""
    told = claims(assertion)
    return bool(
        told["iss"] == "bot@acme.example"
        and told["scope"].endswith("/auth/drive.readonly")
        and told["aud"] == "https://oauth2.googleapis.com/token"
        and 0 < told["exp"] - told["iat"] <= 3600
    )


def reading(server: Server, time: Still, **options: Any) -> DriveSource:
    """The source that reads it; nothing is waited for."""
    given = {"credentials": authorized_user(server), "base_url": server.url + BASE, **options}
    made = source("drive", allow_private=True, **given)
    return replace(made, limits=limits_for(), outside=time.outside)
