"""Access tokens: asked for with a signature or a refresh token, and renewed before they end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import Denied, NetError
from knowledge.net.meaning import meant
from knowledge.net.urls import shown
from knowledge.sources.googledrive.keys import FILE, TOKENS, Account

SCOPE = "https://www.googleapis.com/auth/drive.readonly"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EARLY_S = 300.0  # a token is renewed so long before its end
LASTS_S = 3600.0  # a token, where that is not told; and what is signed
CLOCK = (
    "Check that the account and its key still exist, that `subject` is right, "
    "and that this machine's clock is"
)
AGREE = (
    "Let the user agree anew, and put the new `refresh_token` there; "
    "those of an app that is in testing end after 7 days"
)
DELEGATE = f"Let an administrator delegate {SCOPE} to the service account's client id"
CLIENT = "Check `client_id` and `client_secret`"


class Shut(Denied):
    """We are nobody to Google, or may read nothing at all."""


@dataclass
class Login:
    """Gives tokens of an account."""

    account: Account
    client: Client
    held: str = field(default="", repr=False)
    until: float = 0.0  # in seconds since 1970

    def token(self) -> str:
        """The token; a new one shortly before the old one ends. Raises `NetError`."""
        now = self.client.outside.clock()
        if self.until - EARLY_S <= now:
            self.held, lasts = self.made(now)
            self.until = now + lasts
        return self.held

    def renew(self) -> None:
        """Forget the token, for Google does not know it any more."""
        self.until = 0.0

    def made(self, now: float) -> tuple[str, float]:
        """A new token, and for how many seconds it is good."""
        body = urlencode(self.asked(now)).encode()
        answer = self.client.exchange(
            "POST", self.account.token_url, headers=FORM, body=body, secret=True
        )
        if not 200 <= answer.status < 300:
            raise refusal(answer, bool(self.account.email))
        told = answer.json_object()
        token, lasts = told.get("access_token"), told.get("expires_in", LASTS_S)
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise answer.garbled("gave no access token")
        return token, float(lasts) if isinstance(lasts, int | float) else LASTS_S

    def asked(self, now: float) -> dict[str, str]:
        """What is told to get one."""
        account = self.account
        if account.email:
            return {"grant_type": GRANT, "assertion": self.signed(now)}
        return {
            "grant_type": "refresh_token",
            "client_id": account.client_id,
            "client_secret": account.client_secret,
            "refresh_token": account.refresh_token,
        }

    def signed(self, now: float) -> str:
        """What a service account tells with its signature."""
        from google.auth import crypt, jwt

        account = self.account
        told = {
            "iss": account.email, "scope": SCOPE, "aud": TOKENS,
            "iat": int(now), "exp": int(now + LASTS_S),
        }  # fmt: skip
        told |= {"sub": account.subject} if account.subject else {}
        try:
            signer = crypt.RSASigner.from_string(account.private_key)  # type: ignore[no-untyped-call]
            token: bytes = jwt.encode(signer, told)  # type: ignore[no-untyped-call]
        except Exception:  # each library has its own errors for keys, and some quote them
            problem = "the credentials' `private_key` is no private key"
            raise Shut(shown(account.token_url), problem, FILE) from None
        return token.decode("ascii")


def refusal(answer: Answer, service: bool) -> NetError:
    """Why no token was given."""
    try:
        told = answer.json_object()
    except NetError:
        told = {}
    reason = told.get("error")
    if answer.status >= 500:
        return meant(answer)
    if not isinstance(reason, str):
        reason = str(answer.status)
    words = " ".join(str(told.get("error_description", "")).split())[:150].rstrip(".")
    remedies = {
        "invalid_grant": CLOCK if service else AGREE,
        "unauthorized_client": DELEGATE if service else CLIENT,
        "invalid_client": CLIENT,
    }
    problem = f"gives no access token ({reason[:40]}{f': {words}' if words else ''})"
    return Shut(shown(answer.url), problem, remedies.get(reason, "Renew the credentials"))
