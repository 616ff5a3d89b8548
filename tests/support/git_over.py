"""Real git servers for the other protocols: smart HTTP by git's own CGI program, and SSH."""

import asyncio
import base64
import os
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class GitOverHttp:
    """`root`'s repositories at `url`; with a `login` ("name:password") for those who know it."""

    root: Path
    login: str = ""
    url: str = ""
    moved: dict[str, str] = field(default_factory=dict)
    """Where the start of a path now leads."""
    requests: list[web.BaseRequest] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it keeps who asks waiting."""

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        await self.answering.wait()
        for old, new in self.moved.items():
            if request.path_qs.startswith(old):
                raise web.HTTPMovedPermanently(new + request.path_qs.removeprefix(old))
        expected = "Basic " + base64.b64encode(self.login.encode()).decode()
        if self.login and request.headers.get("Authorization") != expected:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        return await self._run(request)

    async def _run(self, request: web.Request) -> web.Response:
        """git-http-backend(1), called as CGI has it (RFC 3875)."""
        process = await asyncio.create_subprocess_exec(
            *("git", "http-backend"),
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
                "REQUEST_METHOD": request.method,
                "PATH_INFO": request.path,
                "QUERY_STRING": request.query_string,
                "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        output, _ = await process.communicate(await request.read())
        head, _, body = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=body)


@asynccontextmanager
async def git_over_http(root: Path, address: str, login: str = "") -> AsyncIterator[GitOverHttp]:
    served = GitOverHttp(root, login)
    served.answering.set()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.answer)
    async with TestServer(app, host=address) as server:
        served.url = str(server.make_url("")).rstrip("/")
        yield served


@dataclass(frozen=True)
class GitOverSsh:
    """`root`'s repositories at `url`, for who has the private key in `key`."""

    url: str
    key: Path


@asynccontextmanager
async def git_over_ssh(root: Path, address: str, folder: Path) -> AsyncIterator[GitOverSsh]:
    """Serve; `folder` gets the key. ssh must be told to forget us: see `forgetful_ssh`."""
    mine = asyncssh.generate_private_key("ssh-ed25519")
    key = folder / "key"
    mine.write_private_key(key)
    key.chmod(0o600)
    known = asyncssh.import_authorized_keys(mine.export_public_key().decode())

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        program, path = shlex.split(process.command or "")
        assert program == "git-upload-pack", process.command
        git = await asyncio.create_subprocess_exec(
            *("git", "upload-pack", str(root / path.lstrip("/"))),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await process.redirect(stdin=git.stdin, stdout=git.stdout, stderr=git.stderr)
        process.exit(await git.wait())
        await process.wait_closed()

    listener = await asyncssh.listen(
        address,
        0,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        authorized_client_keys=known,
        process_factory=serve,
        encoding=None,
    )
    async with listener:
        yield GitOverSsh(f"ssh://git@{address}:{listener.get_port()}", key)


def forgetful_ssh(folder: Path) -> str:
    """A `GIT_SSH_COMMAND` that remembers host keys in `folder` only: ports are used again."""
    return f"ssh -o UserKnownHostsFile={folder}/known_hosts"
