"""Whatever is sent to whichever route: an answer as docs/openapi.yaml describes it, and no 500."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from binderhub_lite.app import BinderHub

from ..support.instance import BinderProcess

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi.yaml"
API: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text())
METHODS = ["GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH", "FROBNICATE"]
SECONDS = 20
# A proxy resolves these, as browsers do: `/build/../about` is the about page.
LEADS_ELSEWHERE = re.compile(r"/(\.|%2e){1,2}(/|\?|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").split(";")[0]


def send(
    binder: BinderProcess,
    method: str,
    target: str,
    accept: str,
    *headers: str,
    host: str = "127.0.0.1",
) -> Answer:
    """A request exactly as written; of a stream, what comes up to its last event."""
    with socket.create_connection((host, binder.port), SECONDS) as connection:
        connection.settimeout(SECONDS)
        lines = [f"{method} {target} HTTP/1.1", "Host: binder.test", "Connection: close"]
        lines += [f"Accept: {accept}", "Content-Length: 0", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        received = b""
        while piece := connection.recv(65536):
            received += piece
            if b'"phase": "failed"' in received or b'"phase": "ready"' in received:
                break
    head, _, body = received.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    pairs = (field.split(": ", 1) for field in fields if ": " in field)
    by_name = {name.lower(): value for name, value in pairs}
    if by_name.get("transfer-encoding") == "chunked":
        body = b"".join(_chunks(body))
    return Answer(int(status.split()[1]), by_name, body)


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        yield rest[:length]
        body = rest[length + 2 :]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinderProcess]:
    """An instance of its own: no limit on requests, and GitHub's API nowhere."""
    folder = tmp_path_factory.mktemp("routes")
    (folder / "shared").mkdir()
    config = f"""
c.RateLimiter.limit = 10**6
c.LocalRepoProvider.root = {str(folder / "shared")!r}
c.BinderHub.network_isolation = False
c.BinderHub.ban_networks = {{"203.0.113.0/24": "banned"}}
c.BinderHub.repo_providers = {{
    name: kind for name, kind in __import__("binderhub_lite.providers").providers.PROVIDERS.items()
    if name in ("git", "local")
}}
c.GitRepoProvider.allowed_protocols = {{"nothing"}}
"""
    process = BinderProcess(folder, config=config).wait_until_ready()
    yield process
    process.stop()


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
segment = anything.map(lambda text: quote(text, safe="")) | st.sampled_from(
    ["..", ".", "%2e%2e", "%2F", "%2f..%2f", "a+b", "%20", "%00", "%ff", "%zz", "é".encode().hex()]
)
path_parameters = st.lists(segment, min_size=1, max_size=4).map("/".join)
raw = st.from_regex(r"[!-\"$->@-~]{0,40}", fullmatch=True)
queries = st.lists(
    st.tuples(
        st.sampled_from(["text", "ref", "build_token", "build_only", "follow", "urlpath", "token"])
        | anything,
        anything,
    ),
    max_size=3,
).map(lambda pairs: "&".join(f"{quote(a, safe='')}={quote(b, safe='')}" for a, b in pairs))
accepts = st.sampled_from(
    ["*/*", "text/html", "application/json", "text/event-stream", "", "x/;q=z", "a" * 300]
)


@st.composite
def targets(draw: st.DrawFn) -> tuple[str, str]:
    """A route of the description, and a target that leads to it."""
    route = draw(st.sampled_from(sorted(API["paths"])))
    path = re.sub(r"\{\w+\}", lambda _: draw(path_parameters), route)
    query = draw(queries | raw)
    return route, path + (f"?{query}" if query else "")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route_and_target=targets(), method=st.sampled_from(METHODS), accept=accepts)
@example(("/build/{provider}/{spec}", "/build/git/%ff/%00"), "GET", "text/event-stream")
@example(("/api/detect", "/api/detect?text=http://[::1"), "GET", "*/*")
@example(("/api/builds/{name}/log", "/api/builds/..%2f..%2fsecrets/log"), "GET", "*/*")
@example(("/static/{path}", "/static/..%2f..%2fsetup.cfg"), "GET", "*/*")
@example(("/v2/{provider}/{spec}", "/v2/local/%00"), "GET", "text/html")
@example(("/", "//"), "GET", "*/*")
@example(("/", "*"), "OPTIONS", "*/*")
def test_every_answer_is_as_described(
    target: BinderProcess, route_and_target: tuple[str, str], method: str, accept: str
) -> None:
    route, path = route_and_target

    answer = send(target, method, path, accept)

    assert answer.status < 500 or (route, answer.status) == ("/health", 503)
    assert b"Traceback" not in answer.body
    assert target.process.poll() is None
    if method == "OPTIONS" and answer.status != 400:
        assert answer.status == 204
    if method == "HEAD":
        assert answer.body == b""
    if method == "GET" and not LEADS_ELSEWHERE.search(path):
        check_described(route, answer)


def check_described(route: str, answer: Answer) -> None:
    """Whether status, kind and content are among those of the description."""
    if answer.status in (400, 404):  # a segment led elsewhere, or cannot be read at all
        return
    described = resolved(resolved(API["paths"][route])["get"]["responses"].get(str(answer.status)))
    assert described, f"{route} answers {answer.status}"
    content = described.get("content")
    if content is not None:
        assert answer.kind in content
        check_content(content[answer.kind].get("schema"), answer)


def check_content(schema: Any, answer: Answer) -> None:
    if schema is None:
        return
    validator = Draft202012Validator({**API, **schema})
    if answer.kind == "text/event-stream":
        lines = answer.body.decode().splitlines()
        for line in lines:
            if line.startswith("data: "):
                validator.validate(json.loads(line.removeprefix("data: ")))
        return
    validator.validate(json.loads(answer.body))


def resolved(described: Any) -> Any:
    if isinstance(described, dict) and "$ref" in described:
        found: Any = API
        for step in described["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found
    return described


@pytest.mark.parametrize(
    "spec",
    [
        "a%2Fb",
        "a%2fb",
        "%C3%A9t%C3%A9/x",
        "a+b%20c",
        "v1.0..2",
        "a//b",
        "https%3A%2F%2Fhost%2Fa%252Fb/HEAD",
        "~user/%7Euser",
        "q%3Fx%23y",
        "(a)'b'*!$&,;=:@",
        "%E2%82%AC%00",
    ],
)
def test_a_spec_arrives_exactly_as_it_was_sent(target: BinderProcess, spec: str) -> None:
    answer = send(target, "GET", f"/build/local/{spec}", "text/event-stream")

    first = json.loads(answer.body.decode().splitlines()[0].removeprefix("data: "))
    assert first["message"] == f"Looking up local/{spec}...\n"


def test_a_client_cannot_forge_its_address(target: BinderProcess, bridge_address: str) -> None:
    """This machine may speak for others, as a web server on it does; another machine may not."""
    forged = "X-Forwarded-For: 203.0.113.9"

    assert send(target, "GET", "/about", "*/*", forged).status == 403
    assert send(target, "GET", "/about", "*/*", forged, host=bridge_address).status == 200


def test_the_log_of_requests_tells_no_secret(target: BinderProcess) -> None:
    url = quote("https://me:geheim1@git.test/repo", safe="")
    send(target, "GET", f"/v2/git/{url}/HEAD?token=geheim2", "text/html", "Cookie: x=geheim3")
    send(target, "GET", f"/build/git/{url}/HEAD?build_token=geheim4", "text/event-stream")
    send(target, "DELETE", "/build/local/x", "*/*", "Authorization: token geheim5")

    target.wait_for_line("DELETE /build/local/x")
    assert "GET /v2/git/https%3A%2F%2F***%40git.test%2Frepo/HEAD?token=***" in target.output
    assert "geheim" not in target.output


def test_nothing_broke_behind_the_answers(target: BinderProcess) -> None:
    """Runs after the requests above, on the same instance."""
    assert "Traceback" not in target.output
    assert not [line for line in target.lines if line.startswith("[E")]


def test_options_that_the_description_speaks_of_exist() -> None:
    mentioned = set(re.findall(r"c\.BinderHub\.(\w+)", DESCRIPTION.read_text()))

    assert mentioned
    assert mentioned <= set(BinderHub.class_trait_names(config=True))
