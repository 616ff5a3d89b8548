"""The few calls of JupyterHub's REST API that launching needs."""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

from ..events import BinderError

REQUEST_TIMEOUT = ClientTimeout(total=60)
# The hub writes a blank line to a progress stream every 8 seconds.
PROGRESS_TIMEOUT = ClientTimeout(total=None, sock_read=60)


class HubUnreachable(BinderError):
    """The hub does not answer or breaks (5xx): trying again may help."""


class HubRefused(BinderError):
    """The hub understood and said no (4xx)."""


class HubBusy(HubRefused):
    """The hub starts as many servers as it may (429): try again after `seconds`."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, 429)
        self.seconds = seconds


class HubClient:
    """Speaks to one hub's API with one token.

    `url` is the hub's root as this process reaches it; `public_url` as browsers do, empty
    where hub and pages share one origin, so that it is the one of each request.
    """

    def __init__(self, http: ClientSession, url: str, token: str, public_url: str = "") -> None:
        self._http = http
        self._root = url
        self._api = url.rstrip("/") + "/hub/api"
        self._token = token
        self._headers = {"Authorization": f"token {token}"}
        self._public_url = public_url

    def public_server_url(self, path: str, request_origin: str) -> str:
        """A browser's URL of a server, from the path that the hub gives for it."""
        return urljoin(self._public_url or request_origin, path)

    def public_hub_url(self, path: str) -> str:
        """A browser's URL of the hub's own page `hub/{path}`: absolute, or a path of our origin."""
        return (self._public_url or urlsplit(self._root).path).rstrip("/") + f"/hub/{path}"

    async def check(self) -> None:
        """Raise HubUnreachable unless the API answers."""
        await self._call("GET", "")

    async def own_name(self) -> str:
        """The name of the service whose token is ours."""
        return str((await self.holder(self._token) or {}).get("name", ""))

    async def holder(self, token: str) -> dict[str, Any] | None:
        """The hub's model of whose `token` this is (`kind`, `name`, `scopes`, …), if anybody's."""
        try:
            answer = await self._call("GET", "/user", token=token)
        except HubRefused:
            return None
        model: dict[str, Any] = json.loads(answer)
        return model

    async def is_administrator(self, token: str) -> bool:
        """Whether a token of the hub's belongs to somebody who may stop anybody's server."""
        holder = await self.holder(token) if token else None
        if holder is None:
            return False
        return bool(holder.get("admin")) or "admin:servers" in holder.get("scopes", [])

    async def exchange_code(self, code: str, client_id: str, redirect_uri: str) -> str:
        """The token of whoever logged in, for the code that they came back with (OAuth2).

        Raises HubRefused when the hub does not take the code.
        """
        client = WebApplicationClient(client_id)
        form = client.prepare_request_body(
            code, redirect_uri=redirect_uri, client_secret=self._token
        )
        answer = await self._call("POST", "/oauth2/token", form=form)
        try:
            return str(client.parse_request_body_response(answer)["access_token"])
        except OAuth2Error as error:
            raise HubRefused(f"The hub did not grant a login: {error.description}", 403) from error

    async def active_servers(self, user: str) -> dict[str, bool]:
        """The names of a user's servers that run, start or stop ('' is the default one's).

        With each, whether it runs, as far as the hub knows: it looks twice a minute.
        """
        model = json.loads(await self._call("GET", _user_path(user)))
        servers = model.get("servers") or {}
        return {name: bool(server.get("ready")) for name, server in servers.items()}

    async def create_user(self, name: str) -> None:
        """Make a temporary user; one that is already there is no error (a retry finds it so)."""
        await self._call("POST", _user_path(name), accept=(409,))

    async def delete_user(self, name: str) -> None:
        """Remove a user with any server of theirs; one that is gone is no error.

        The hub refuses (400) while that server stops, and breaks (500) while it starts:
        `stop_server` comes first.
        """
        await self._call("DELETE", _user_path(name), accept=(404,))

    async def start_server(
        self, user: str, server: str, options: Mapping[str, Any], *, again: bool = False
    ) -> None:
        """Ask for a server; returns when the hub has taken it on.

        `again` says that this is a retry, whose first try may well have arrived.
        """
        await self._call(
            "POST", _server_path(user, server), body=options, accept=(400, 409) if again else ()
        )

    async def stop_server(self, user: str, server: str) -> None:
        """Stop a server, one that is only just starting, too; one that is gone is no error.

        Returns when it has stopped, or after ten seconds while it goes on stopping.
        """
        await self._call("DELETE", _server_path(user, server), accept=(404,))

    async def progress(self, user: str, server: str) -> AsyncGenerator[dict[str, Any]]:
        """The hub's progress events of a starting server; the last has `ready` or `failed`."""
        path = f"{_server_path(user, server)}/progress"
        try:
            async with self._http.get(
                self._api + path, headers=self._headers, timeout=PROGRESS_TIMEOUT
            ) as answer:
                await _raise_for_status(answer)
                async for line in answer.content:
                    if line.startswith(b"data:"):
                        yield json.loads(line.removeprefix(b"data:"))
        except (ClientError, TimeoutError) as error:
            raise HubUnreachable(f"The connection to JupyterHub broke: {error}", 502) from error

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        form: str | None = None,
        token: str = "",
        accept: tuple[int, ...] = (),
    ) -> str:
        """The answer's text, to a request with our token or with somebody's."""
        headers = {"Authorization": f"token {token}"} if token else dict(self._headers)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            async with self._http.request(
                method,
                self._api + path,
                json=body,
                data=form,
                headers=headers,
                timeout=REQUEST_TIMEOUT,
            ) as answer:
                if answer.status not in accept:
                    await _raise_for_status(answer)
                return await answer.text()
        except (ClientError, TimeoutError) as error:
            where = urlsplit(self._api).netloc
            raise HubUnreachable(f"JupyterHub does not answer at {where}: {error}", 502) from error


def _user_path(name: str) -> str:
    return f"/users/{_quoted(name)}"


def _server_path(user: str, server: str) -> str:
    return f"{_user_path(user)}/servers/{_quoted(server)}"


def _quoted(name: str) -> str:
    return quote(name, safe="")


async def _raise_for_status(answer: ClientResponse) -> None:
    if answer.status < 400:
        return
    if answer.status == 429 and (pause := answer.headers.get("Retry-After", "")).isdecimal():
        raise HubBusy(f"JupyterHub is busy: {await _reason(answer)}", float(pause))
    kind = HubUnreachable if answer.status >= 500 else HubRefused
    raise kind(f"JupyterHub answered {answer.status}: {await _reason(answer)}", answer.status)


async def _reason(answer: ClientResponse) -> str:
    text = await answer.text()
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason or "no reason given"
