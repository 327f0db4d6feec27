"""The server: the Web API, sockets, response URLs and the control API on one port of loopback."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.slack import control, web_api
from tests.slack.settings import Settings
from tests.slack.workspace import Workspace

log = logging.getLogger(__name__)
MOST_BYTES = 8 * 1024 * 1024


class SlackServer:
    """A running server and the workspace in it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.workspace = Workspace(settings or Settings())
        self._runner: web.AppRunner | None = None

    @property
    def base(self) -> str:
        """Where it listens: `http://127.0.0.1:1234`."""
        return self.workspace.base

    @property
    def api(self) -> str:
        """The `base_url` of a Web API client."""
        return f"{self.base}/api/"

    async def start(self, port: int = 0) -> None:
        """Listen on a port of loopback; 0: any that is free."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        self._runner = runner
        self.workspace.base = "http://{}:{}".format(*runner.addresses[0][:2])

    async def close(self) -> None:
        """End all that runs."""
        await self.workspace.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/link/", self._link)
        app.router.add_post("/response/{key}", self._respond)
        app.router.add_post("/control/{name}", self._control)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        return await web_api.call(self.workspace, request)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        return await self.workspace.sockets.accept(request, self.workspace.settings.ping_s)

    async def _control(self, request: web.Request) -> web.Response:
        return await control.control(self.workspace, request)

    async def _respond(self, request: web.Request) -> web.Response:
        return await web_api.respond(self.workspace, request)


@asynccontextmanager
async def serving(settings: Settings | None = None, port: int = 0) -> AsyncIterator[SlackServer]:
    """A server in this event loop."""
    server = SlackServer(settings)
    await server.start(port)
    try:
        yield server
    finally:
        await server.close()
