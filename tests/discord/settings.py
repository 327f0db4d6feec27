"""The dials of the local Discord: its patience, its switches, what it remembers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How this Discord behaves; durations in seconds."""

    content_intent: bool = True  # the application may have MESSAGE_CONTENT
    members_intent: bool = False  # … GUILD_MEMBERS
    presence_intent: bool = False
    public: bool = False  # anyone may add the application
    code_grant: bool = False  # the application wants a code at its installation
    interactions_url: str = ""  # where commands and buttons are sent instead
    rate_limits: bool = False  # refuse calls beyond their bucket
    requests_a_second: int = 50  # the global limit, where limits are on
    invalid_requests: int = 10_000  # in ten minutes: 401, 403, 429; then the app is banned
    bucket_limits: str = ""  # JSON: {"ROUTE": [calls, seconds]}, over what is built in
    heartbeat_s: float = 41.25
    zombie_after: float = 2.0  # heartbeats without a sign of the client, until it is cut
    resume_window_s: float = 120.0  # how long a session outlives its socket
    resume_events: int = 20_000  # that a session keeps for replay
    first_response_s: float = 60.0  # for an interaction; Discord: 3, but here all may be busy
    token_age_s: float = 900.0  # of an interaction
    nonce_age_s: float = 300.0  # how long a message is known by its nonce
    shards: int = 1  # that are recommended
    max_concurrency: int = 1  # shards that may identify at once
    identify_every_s: float = 0.0  # else: too early is an invalid session; Discord: 5
    session_starts: int = 1000  # a day
    echoes: bool = True  # what the bot itself does comes back as events
    keep_messages: int = 20_000
    keep_calls: int = 20_000
    keep_events: int = 20_000
    keep_arguments: bool = True  # of calls; off in a bench
