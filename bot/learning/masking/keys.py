"""Keys, tokens and passwords: by the detectors of detect-secrets, by their names, by their looks.

The detectors' patterns are searched for here and not through `analyze_string`, which gives only a
part of some (of a GitHub token, its "ghp").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from bot.learning.masking.spans import Span, near

DETECTORS = (
    ("artifactory", "ArtifactoryDetector"),
    ("aws", "AWSKeyDetector"),
    ("azure_storage_key", "AzureStorageKeyDetector"),
    ("cloudant", "CloudantDetector"),
    ("discord", "DiscordBotTokenDetector"),
    ("github_token", "GitHubTokenDetector"),
    ("gitlab_token", "GitLabTokenDetector"),
    ("ibm_cloud_iam", "IbmCloudIamDetector"),
    ("ibm_cos_hmac", "IbmCosHmacDetector"),
    ("jwt", "JwtTokenDetector"),
    ("mailchimp", "MailchimpDetector"),
    ("npm", "NpmDetector"),
    ("openai", "OpenAIDetector"),
    ("pypi_token", "PypiTokenDetector"),
    ("sendgrid", "SendGridDetector"),
    ("slack", "SlackDetector"),
    ("softlayer", "SoftlayerDetector"),
    ("square_oauth", "SquareOAuthDetector"),
    ("stripe", "StripeDetector"),
    ("telegram_token", "TelegramBotTokenDetector"),
    ("twilio", "TwilioKeyDetector"),
)
MORE = re.compile(  # what they do not know
    r"github_pat_\w{22,255}|sk-(?=[\w-]*\d)[\w-]{20,200}|AIza[\w-]{35}|ya29\.[\w-]{20,300}"
    r"|xox[a-z]-[\w-]{10,200}|xapp-[\w-]{10,200}|hf_[A-Za-z0-9]{30,60}"
    r"|[prs]k_(?:live|test)_[0-9A-Za-z]{16,200}|whsec_[\w+/=]{20,100}|npm_[A-Za-z0-9]{36}"
    r"|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|lin_api_\w{40}|glsa_\w{30,60}"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{58}|AccountKey=[\w+/=]{40,100}|key-[0-9a-f]{32}"
    r"|https://(?:\w{1,20}\.)?discord(?:app)?\.com/api/webhooks/\d{5,25}/[\w-]{10,100}"
    r"|https://hooks\.slack\.com/[\w/]{10,200}"
)
BEARER = re.compile(r"\b(?:bearer|basic)\s(?=[\w.~+/=-]*\d)(?P<key>[\w.~+/=-]{16,4000})", re.I)
LOGIN = re.compile(r"(?<=://)[^\s/@:\[\]]{0,200}:[^\s/@\[\]]{1,200}(?=@)")  # user:pass of a URL
BLOCK = re.compile(r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
BLOCK_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
BLOCK_CHARS = 10_000  # of a private key; beyond, its first lines are taken
BLOCK_LINES = re.compile(r"(?:\s{1,4}[\w+/=]{16,200}){0,100}")

WINDOW, OVERLAP = 2_000, 400  # characters searched at a time: some patterns take quadratic time
TOKEN = re.compile(r"[\w+/=.~-]{0,4000}")  # what follows the part of a key that was recognised
RUN = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/=_-]{20,}")
WHOLE = re.compile(r"[A-Za-z0-9+=](?:[A-Za-z0-9+/=_-]*[A-Za-z0-9+=])?")
PART = re.compile(r"[A-Za-z0-9+=](?:[A-Za-z0-9+=_-]*[A-Za-z0-9+=])?")
PATH = re.compile(r"(?:^|/)(?:[a-z]{3,}|[0-9a-f]{7,})(?:/|$)")  # a word or a hash stands in it
WORDS = re.compile(r"[A-Z]?[a-z]{4,}|[A-Z]{4,}")
ENTROPY = 3.6  # bits a character; 20 random letters and figures have 4.0 to 4.3
WORDY = 0.4  # of a run's characters that lie in words: an identifier or a path
HEX = re.compile(r"[0-9a-f-]{20,}|[0-9A-F-]{20,}")
SECRET = re.compile(
    r"(?:\b|_)(?:api|access|auth|secret|private|signing|encryption)?[ _-]?"
    r"(?:keys?|tokens?|secrets?|passwor[dt]|passphrase|credentials?|kennwort)\b",
    re.IGNORECASE,
)
DIGEST = re.compile(
    r"\b(?:commit|hash|sha-?\d*|digest|checksum|revision|rev|md5|etag|build|public key|tree|merge|"
    r"deployed|fingerprint|uuid|guid|primary key|foreign key|request id|trace id)\b",
    re.IGNORECASE,
)
NAMED = (
    r"(?P<name>{names}|(?<![A-Za-z])(?:pass|pw|pin|token|passphrase|passwort|kennwort|mot de passe|"
    r"access_?key|secret_?key|signature|sig|credentials?|PAT)(?![A-Za-z]))(?P<more>[\w-]{{0,24}})"
    r"[\"'`\])]{{0,2}}(?P<sign>\s{{0,3}}(?::=|=>|={{1,3}}|:)\s{{0,3}}|"
    r"\s(?:is|ist|lautet|was|est)[: ]\s{{0,2}})"
    r"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`<>,;\[\]()&]{{4,300}})(?P<closed>[\"'`]?)"
)
NO_SECRET = re.compile(r"^(?:[$<{*%#]|https?:|os\.|env\.|process\.|getenv|\.\.)|^(.)\1+$")
NO_VALUE = re.compile(r"^(?:none|null|nil|true|false|undefined|required|optional|string)$", re.I)
ABOUT = re.compile(  # what a secret's name goes on with that names no secret
    r"(?:name|url|uri|path|file|id|len|length|policy|type|field|expir\w*|rotat\w*|reset|manager|"
    r"count|limit|size|min|max|hint|protected|less|s)$",
    re.IGNORECASE,
)


def keys(text: str) -> Iterator[Span]:
    """The secrets of a text."""
    yield from _blocks(text)
    yield from _recognised(text)
    yield from _named(text)
    yield from _random(text)
    for pattern in (MORE, LOGIN):
        yield from (Span(*found.span(), "key") for found in pattern.finditer(text))
    yield from (Span(*found.span("key"), "key") for found in BEARER.finditer(text))


def _blocks(text: str) -> Iterator[Span]:
    """Private keys from their first line to their last, or as far as they go."""
    for found in BLOCK.finditer(text):
        end = BLOCK_END.search(text, found.end(), found.end() + BLOCK_CHARS)
        lines = BLOCK_LINES.match(text, found.end())
        yield Span(found.start(), (end or lines or found).end(), "key")


def _recognised(text: str) -> Iterator[Span]:
    """What a detector recognises, up to where such characters end."""
    for begin in range(0, len(text), WINDOW - OVERLAP):
        for detector in _detectors():
            for pattern in detector.denylist:
                for found in pattern.finditer(text, begin, begin + WINDOW):
                    if _stands(detector, found[0]):
                        yield _grown(text, found)


def _grown(text: str, found: re.Match[str]) -> Span:
    """The whole key: patterns take in white space before, and may stop early."""
    start = found.start() + len(found[0]) - len(found[0].lstrip(" \"'=:\n\t"))
    bare = found.start() + len(found[0].rstrip(" \"'\n\t"))
    rest = TOKEN.match(text, bare)
    end = rest.end() if rest else bare
    return Span(start, start + len(text[start:end].rstrip(".")), "key")


def _stands(detector: Any, told: str) -> bool:
    """Is it what it looks like? Of words in capitals, "APAC..." looks like a password."""
    valid = getattr(detector, "is_formally_valid", None)
    if valid is not None:
        return bool(valid(told))
    return any(letter.isdigit() for letter in told) or len(told) > 40


def _named(text: str) -> Iterator[Span]:
    """What is called a password or a key: "password: hunter2", `api_key = "…"`."""
    for found in _names().finditer(text):
        value = found["value"].rstrip(".:!?")
        if not ABOUT.search(found["more"]) and _secret(found, value):
            yield Span(found.start("value"), found.start("value") + len(value), "key")


def _secret(found: re.Match[str], value: str) -> bool:
    """Is the value one, or a word of the sentence?"""
    if len(value) < 4 or NO_SECRET.search(value) or NO_VALUE.search(value):
        return False
    figures, letters = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if (figures and letters) or re.search(r"\w[!@#$%^*?+]\w|^[!@#%^*]\w", value):
        return True
    if value.isdigit():
        return len(value) <= 12 and bool(re.search(r"pass|pin|pw", found["name"], re.I))
    quoted = bool(found["quote"]) and found["quote"] == found["closed"]
    return quoted or found["sign"] == "="


def _random(text: str) -> Iterator[Span]:
    """Long runs that no word is made of; hashes only where they are called a key."""
    for found in RUN.finditer(text):
        for run in PART.finditer(found[0]) if PATH.search(found[0]) else [WHOLE.search(found[0])]:
            if run is None:
                continue
            start, end = found.start() + run.start(), found.start() + run.end()
            if _is_key(run[0], near(text, start, end)):
                yield Span(start, end, "key")


def _is_key(run: str, around: str) -> bool:
    if HEX.fullmatch(run):
        return bool(SECRET.search(around)) and not DIGEST.search(around)
    return looks_random(run)


def looks_random(run: str) -> bool:
    """Are letters of both cases and figures mixed as in no identifier, path or word?"""
    groups = (r"[a-z]", r"[A-Z]", r"\d")
    if len(run) < 20 or not all(re.search(group, run) for group in groups):
        return False
    sample = run[:512]
    words = sum(map(len, WORDS.findall(sample)))
    mixed = len(re.findall(r"\d+", sample)) > 1 and words < WORDY * len(sample)
    return mixed and _entropy().calculate_shannon_entropy(sample) > ENTROPY


@cache
def _detectors() -> tuple[Any, ...]:
    home = "detect_secrets.plugins"
    return tuple(getattr(import_module(f"{home}.{file}"), name)() for file, name in DETECTORS)


@cache
def _entropy() -> Any:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString

    return Base64HighEntropyString(limit=ENTROPY)


@cache
def _names() -> re.Pattern[str]:
    from detect_secrets.plugins.keyword import DENYLIST

    return re.compile(NAMED.format(names="|".join(DENYLIST)), re.IGNORECASE)
