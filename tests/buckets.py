"""A real server that speaks S3 (moto's), in a process of its own, ended with the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.dovecot import free_port, wait_for
from tests.patience import PATIENCE_S

LISTED = 3  # objects that a page of a list has; in real life a thousand
POLICY = {"Version": "2012-10-17",
          "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}  # fmt: skip


@dataclass(frozen=True)
class Buckets:
    """Where it listens, and who writes."""

    url: str
    key: str = "first"
    secret: str = "of-those-who-are-not-asked"

    @property
    def options(self) -> dict[str, Any]:
        """As a folder's `options`."""
        return {"key": self.key, "secret": self.secret, "endpoint_url": self.url}

    @property
    def storage(self) -> Any:
        """What writes; none of what it remembers is shared with the source."""
        from s3fs import S3FileSystem  # type: ignore[import-untyped]  # it has no types

        return S3FileSystem(**self.options, skip_instance_cache=True, use_listings_cache=False)

    def called(self, service: str) -> Any:
        """A client of another service of it."""
        from botocore.session import get_session  # type: ignore[import-untyped]  # nor has it

        return get_session().create_client(
            service, "us-east-1", endpoint_url=self.url,
            aws_access_key_id=self.key, aws_secret_access_key=self.secret,
        )  # fmt: skip


@contextmanager
def serving(home: Path) -> Iterator[Buckets]:
    """The server, with a user; who signs otherwise is refused."""
    port, log = free_port(), home / "log"
    environ = {**os.environ, "MOTO_S3_DEFAULT_MAX_KEYS": str(LISTED)}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as told:
        running = subprocess.Popen(command, env=environ, stdout=told, stderr=told)
    try:
        wait_for(port, running, log)
        yield guarded(Buckets(f"http://127.0.0.1:{port}"))
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE_S)


def guarded(open_to_all: Buckets) -> Buckets:
    """From now on the only user is one who may do all with S3."""
    iam = open_to_all.called("iam")
    iam.create_user(UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    made = iam.create_access_key(UserName="ana")["AccessKey"]
    iam.close()
    httpx.post(f"{open_to_all.url}/moto-api/reset-auth", content=b"0").raise_for_status()
    return Buckets(open_to_all.url, made["AccessKeyId"], made["SecretAccessKey"])
