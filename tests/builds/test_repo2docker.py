"""repo2docker's command line, its configuration and its log."""

import io
import json
import tarfile
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from binderhub_lite.builds.repo2docker import (
    CONTENT,
    command,
    config_archive,
    explain_failure,
    parse_line,
)
from binderhub_lite.events import Event
from binderhub_lite.providers import Repo

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


async def nothing() -> io.BytesIO:
    return io.BytesIO()


def repo(url: str, *, local: bool = False) -> Repo:
    return Repo(
        provider="local" if local else "git",
        spec="spec",
        resolved_spec="spec",
        url=url,
        ref="abc",
        ref_url=url,
        slug="slug",
        content_provider="Local" if local else "Git",
        open_archive=nothing if local else None,
    )


def test_a_build_names_everything_that_makes_its_image_the_same_everywhere() -> None:
    arguments = command(repo("https://host/x"), "x-123:abc", appendix="RUN true")

    assert arguments[0] == "jupyter-repo2docker"
    assert {"--ref=abc", "--image=x-123:abc", "--appendix=RUN true"} < set(arguments)
    assert {"--no-clean", "--no-run", "--json-logs"} < set(arguments)
    assert {"--user-name=jovyan", "--user-id=1000"} < set(arguments)


@pytest.mark.parametrize(
    ("source", "expected"),
    [(repo("--help"), "--help"), (repo("file:///home/me/x", local=True), CONTENT)],
)
def test_the_source_comes_last_and_is_never_taken_for_an_option(
    source: Repo, expected: str
) -> None:
    assert command(source, "i:t", extra_arguments=["--extra"])[-3:] == ["--extra", "--", expected]


@pytest.mark.parametrize("appendix", [None, ""])
def test_without_an_appendix_there_is_no_option_for_it(appendix: str | None) -> None:
    arguments = command(repo("https://host/x"), "i:t", appendix=appendix or "")

    assert not any(argument.startswith("--appendix") for argument in arguments)


@pytest.mark.parametrize("provider", ["Git", "Local", "Zenodo"])
def test_only_the_content_provider_that_fits_is_left(provider: str) -> None:
    source = replace(repo("https://host/x"), content_provider=provider)

    with tarfile.open(fileobj=io.BytesIO(config_archive(source))) as tar:
        assert tar.getmember(CONTENT.lstrip("/")).isdir()
        config = tar.extractfile("binderhub-lite/repo2docker_config.py")
        assert config is not None
        assert f"c.Repo2Docker.content_providers = [{provider}]" in config.read().decode()


@pytest.mark.parametrize(
    ("logged", "event"),
    [
        (
            '{"message": "Step 1/2\\n", "phase": "building", "progress": 0.5}',
            Event("building", "Step 1/2\n", {"progress": 0.5}),
        ),
        ('{"message": "hm", "exc_info": "Traceback ..."}', Event("unknown", "hm\n", {})),
        ('{"message": 5}', Event("unknown", "5\n", {})),
        ("no JSON at all", Event("unknown", "no JSON at all\n", {})),
        ('["a list"]', Event("unknown", '["a list"]\n', {})),
        ('{"phase": "building"}', Event("unknown", '{"phase": "building"}\n', {})),
    ],
)
def test_a_line_of_the_log_becomes_an_event(logged: str, event: Event) -> None:
    assert parse_line(logged) == event


@given(st.one_of(st.text(), json_values.map(json.dumps)))
@example('{"message": "x", "cls": "y"}')
@example('{"message": "x", "json": "y", "fields": {}}')
@example('{"message": "\\ud800"}')
def test_any_line_at_all_becomes_an_event_that_can_be_sent(logged: str) -> None:
    event = parse_line(logged)

    assert "\n" not in event.json.encode().decode()
    assert json.loads(event.json)["message"].endswith(("\n", "\r"))


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (
            ["#5 ERROR: exit code: 3", "ERROR: failed to solve: executor failed: exit code: 3"],
            "executor failed: exit code: 3",
        ),
        (["Cloning into 'x'...\nfatal: repository not found\n", "bye"], "repository not found"),
        (["fatal: early", "ERROR: late\nmore"], "late"),
        (["fatal: unable to connect to x:\nx: errno=2\n\n"], "unable to connect to x: x: errno=2"),
        (
            ["fatal: Could not parse object 'f00'."],
            "no branch or tag of it has the commit f00.",
        ),
        (["first", "last words\n"], None),
        ([], None),
    ],
)
def test_a_failure_is_explained_in_one_line(messages: list[str], reason: str | None) -> None:
    assert explain_failure([Event.of("building", message) for message in messages]) == reason


def test_what_repo2docker_itself_calls_the_failure_wins_over_its_last_line() -> None:
    events = [Event.of("failed", "No such ref"), Event.of("unknown", "Cleaning up")]

    assert explain_failure(events) == "No such ref"
