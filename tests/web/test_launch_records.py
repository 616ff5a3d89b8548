"""What is written down of launches: the event log and the metrics."""

import json
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError
from traitlets.config import Config

from binderhub_lite.conventions import Component, labels
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.event_log import EventLog
from binderhub_lite.providers import LocalRepoProvider, RepoProvider

from ..support.hub_api import HubApi
from .conftest import EVENTS, Serve, Served

READY = {"ready": True, "message": "Server ready", "url": "/user/me/"}
HELLO = "/build/local/hello"


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "events.log"


ServeHello = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve_hello(
    serve: Serve, daemon: DockerDaemon, shared: Path, log_file: Path
) -> ServeHello:
    """A site with an event log, and an image of `local/hello`."""

    async def serve_hello(config: dict[str, Any] | None = None, **options: Any) -> Served:
        def make(event_log: EventLog) -> list[logging.Handler]:
            assert isinstance(event_log, EventLog)
            return [logging.FileHandler(log_file)]

        (shared / "hello").mkdir(exist_ok=True)
        log = {"handlers_maker": make, **(config or {}).pop("EventLog", {})}
        served = await serve(config={"EventLog": log, **(config or {})}, **options)
        repo = await served.site.make_provider("local", "hello").resolve("local")
        name, tag = served.site.builds.image_of(repo).split(":")
        await daemon.client.images.tag("binderhub-lite/singleuser", name, tag=tag)
        return served

    return serve_hello


def logged(served: Served, log_file: Path) -> list[dict[str, Any]]:
    served.site.pipeline._event_log.close()
    return [json.loads(line) for line in log_file.read_text().splitlines()]


async def test_a_launch_is_one_line_as_binderhub_writes_it(
    serve_hello: ServeHello, hub: HubApi, log_file: Path
) -> None:
    served, hub.progress = await serve_hello(), [READY]

    assert (await served.events(HELLO))[-1]["phase"] == "ready"

    (event,) = logged(served, log_file)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event.pop("timestamp"))
    repo = await served.site.make_provider("local", "hello").resolve("local")
    assert event == {
        "schema": "binderhub.jupyter.org/launch",
        "version": 6,
        "provider": "Local",
        "spec": "hello",
        "ref": repo.ref,
        "status": "success",
        "build_token": False,
        "origin": served.origin.removeprefix("http://"),
        "request_origin": "",
    }


@pytest.mark.parametrize(
    ("headers", "request_origin"),
    [
        ({"Origin": "https://class.test", "Sec-Fetch-Site": "cross-site"}, "https://class.test"),
        ({"Sec-Fetch-Site": "same-origin"}, "same-origin"),
    ],
)
async def test_the_log_says_who_asked(
    serve_hello: ServeHello,
    hub: HubApi,
    log_file: Path,
    headers: dict[str, str],
    request_origin: str,
) -> None:
    served = await serve_hello(normalized_origin="binder.test", build_token_check_origin=False)
    hub.progress = [READY]
    token = (await served.get("/v2/local/hello")).page_config["buildToken"]

    await served.events(f"{HELLO}?build_token={token}", {**EVENTS, **headers})

    (event,) = logged(served, log_file)
    assert (event["origin"], event["request_origin"]) == ("binder.test", request_origin)
    assert event["build_token"] is True


async def test_only_launches_are_logged_failed_ones_too(
    serve_hello: ServeHello, hub: HubApi, log_file: Path
) -> None:
    served = await serve_hello()
    hub.progress = [{"failed": True, "message": "no memory"}]

    await served.events("/build/local/missing")
    assert (await served.events(HELLO))[-1]["phase"] == "failed"

    (event,) = logged(served, log_file)
    assert event["status"] == "failure"


async def test_only_schemas_that_are_allowed_are_logged(
    serve_hello: ServeHello, hub: HubApi, log_file: Path
) -> None:
    served = await serve_hello({"EventLog": {"allowed_schemas": []}})
    hub.progress = [READY]

    await served.events(HELLO)

    assert logged(served, log_file) == []


async def test_a_handler_that_breaks_breaks_nothing_else(
    serve_hello: ServeHello, hub: HubApi, log_file: Path
) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("the disk is full")

    handlers = [Broken(), logging.FileHandler(log_file)]
    served = await serve_hello({"EventLog": {"handlers_maker": lambda _: handlers}})
    hub.progress = [READY]

    assert [(await served.events(HELLO))[-1]["phase"] for _ in range(2)] == ["ready", "ready"]
    assert len(logged(served, log_file)) == 2


def test_a_maker_that_breaks_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "events.log"
    config = Config({"EventLog": {"handlers_maker": lambda _: [logging.FileHandler(nowhere)]}})

    with pytest.raises(TraitError, match=r"handlers_maker broke \(FileNotFoundError\): .*nowhere"):
        EventLog(config=config)


def test_a_password_in_a_clone_url_is_not_written_down(log_file: Path) -> None:
    config = Config({"EventLog": {"handlers_maker": lambda _: [logging.FileHandler(log_file)]}})
    event_log = EventLog(config=config)
    event_log.launch(
        provider="Git",
        spec="https%3A%2F%2Fada%3Ahunter2%40git.test%2Frepo/HEAD",
        ref="1" * 40,
        succeeded=True,
        build_token=False,
        host="binder.test",
        request_origin="",
    )
    event_log.close()

    event = json.loads(log_file.read_text())
    assert event["spec"] == "https%3A%2F%2F***%40git.test%2Frepo/HEAD"


@pytest.mark.parametrize("made", [None, "events.log", ["events.log"]])
def test_a_maker_that_makes_no_handlers_is_refused(made: object) -> None:
    config = Config({"EventLog": {"handlers_maker": lambda _: made}})

    with pytest.raises(TraitError, match="must return a list of logging handlers, not"):
        EventLog(config=config)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("GitHubRepoProvider", "GitHub"),
        ("GistRepoProvider", "Gist"),
        ("ZenodoProvider", "Zenodo"),
        ("CKANProvider", "CKAN"),
        ("MyOwn", "MyOwn"),
    ],
)
def test_a_provider_has_the_name_that_binderhub_logs(kind: str, name: str) -> None:
    assert type(kind, (RepoProvider,), {}).name.fget(type(kind, (), {})()) == name  # type: ignore[attr-defined]


async def run_server(daemon: DockerDaemon, image: str) -> None:
    """What the hub of these tests does not do: start a container for a launch."""
    marks = labels(daemon.namespace, Component.SERVER, image=image)
    await daemon.client.containers.create({"Image": "binderhub-lite/singleuser", "Labels": marks})


def counted(metrics: str, name: str) -> list[str]:
    """The labels of a metric's samples."""
    return re.findall(rf"^{name}{{(.*)}}", metrics, re.MULTILINE)


async def test_metrics_tell_retries_failures_and_quotas_apart(
    serve_hello: ServeHello, hub: HubApi, daemon: DockerDaemon, shared: Path
) -> None:
    config = {"Launcher": {"retries": 2, "retry_delay": 0}}
    served = await serve_hello(config, per_repo_quota=1)
    for progress, breaks in (([READY], [500, 500]), ([{"failed": True, "message": "no"}], [])):
        hub.progress, hub.breaks["create"] = progress, breaks
        await served.events(HELLO)
    image = (await served.events(HELLO))[1]["imageName"]
    await run_server(daemon, image)

    refused = (await served.events(HELLO))[-1]

    assert refused["message"].startswith("Too many users running ")
    metrics = (await served.get("/metrics")).text
    assert sorted(counted(metrics, "binderhub_launch_time_seconds_count")) == [
        'retries="-1",status="failure"',
        'retries="2",status="success"',
    ]
    assert sorted(counted(metrics, "binderhub_launch_count_total")) == [
        f'provider="Local",repo="file://{shared}/hello",status="{status}"'
        for status in ("failure", "repo_quota", "success")
    ]


class PrivateRepoProvider(LocalRepoProvider):
    def get_repo_url(self) -> str:
        return "https://ada:geheim@host.test/x"


async def test_metrics_name_no_password(serve_hello: ServeHello, hub: HubApi) -> None:
    served, hub.progress = await serve_hello(repo_providers={"local": PrivateRepoProvider}), [READY]

    await served.events(HELLO)

    metrics = (await served.get("/metrics")).text
    assert counted(metrics, "binderhub_launch_count_total") == [
        'provider="Private",repo="https://***@host.test/x",status="success"'
    ]


@pytest.mark.parametrize(("rules", "quota"), [([], 1), (["^hel"], 2)])
async def test_chosen_repositories_have_a_higher_quota(
    serve_hello: ServeHello, hub: HubApi, daemon: DockerDaemon, rules: list[str], quota: int
) -> None:
    config = {"RepoProvider": {"high_quota_specs": rules}}
    served = await serve_hello(config, per_repo_quota=1, per_repo_quota_higher=2)
    hub.progress = [READY]
    ends = []
    for _ in range(3):
        events = await served.events(HELLO)
        ends.append(events[-1]["phase"])
        await run_server(daemon, events[1]["imageName"])

    assert ends.count("ready") == quota
