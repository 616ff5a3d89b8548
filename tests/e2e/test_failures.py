"""What goes wrong is told in one clear sentence, soon, and nothing of it is left running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.git_server import GitServer
from ..support.instance import BinderProcess

NEVER_ANSWERS = 'FROM binderhub-lite/singleuser\nENTRYPOINT ["sh", "-c", "sleep 1000"]\n'


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinderProcess]:
    process = BinderProcess(
        tmp_path_factory.mktemp("impatient"), config="c.Spawner.http_timeout = 3\n"
    )
    yield process.wait_until_ready()
    process.stop()


async def failure(binder: BinderProcess, spec: str) -> str:
    """The one sentence of a request that fails; checks that nothing stays behind."""
    events = await binder.launch(spec)
    assert events[-1]["phase"] == "failed"
    assert [event["phase"] for event in events].count("failed") == 1
    assert binder.containers("build") == []
    assert binder.containers("server") == []
    return str(events[-1]["message"])


async def test_a_repository_that_does_not_exist(
    impatient: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("exists")
    message = await failure(impatient, repo.spec.replace("exists", "nowhere"))
    assert message.startswith(f"Could not read the git repository {repo.url[:-6]}nowhere: ")


async def test_a_ref_that_does_not_exist(impatient: BinderProcess, git_server: GitServer) -> None:
    repo = git_server.repo("no-such-ref")
    message = await failure(impatient, f"git/{repo.escaped}/nosuchref")
    assert message == (
        f"Could not resolve ref for git/{repo.escaped}/nosuchref: "
        "no such repository or ref, or it is private. Check the address.\n"
    )


async def test_a_commit_that_does_not_exist(
    impatient: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("no-such-commit")
    message = await failure(impatient, f"git/{repo.escaped}/{'0' * 40}")
    commit = "0" * 40
    assert (
        message == f"Building {repo.url} failed: no branch or tag of it has the commit {commit}.\n"
    )


async def test_a_dockerfile_that_fails(impatient: BinderProcess, git_server: GitServer) -> None:
    repo = git_server.repo(
        "broken",
        {"Dockerfile": "FROM binderhub-lite/singleuser\nRUN echo breaking; exit 3\n"},
    )
    message = await failure(impatient, repo.spec)
    assert "breaking" in message
    assert "exit code: 3" in message
    assert len(message.splitlines()) == 1


async def test_a_server_that_never_answers(impatient: BinderProcess, git_server: GitServer) -> None:
    repo = git_server.repo("silent", {"Dockerfile": NEVER_ANSWERS})
    message = await failure(impatient, repo.spec)
    assert message.startswith("The server did not answer within 3 seconds.")


async def test_an_image_without_jupyter(impatient: BinderProcess, git_server: GitServer) -> None:
    repo = git_server.repo(
        "no-jupyter", {"Dockerfile": "FROM binderhub-lite/singleuser\nENV PATH=/usr/bin:/bin\n"}
    )
    message = await failure(impatient, repo.spec)
    assert message == (
        "The server ended at once, with status 127. It said:\n"
        "This image has neither jupyter-lab nor jupyter-notebook.\n"
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nowhere/x/y", "No provider found for prefix nowhere: it is one of gh, gist, git, gl, "),
        ("gh/user/repo", "'user/repo' is not user/repo/ref: say which branch"),
        ("git/ftp%3A%2F%2Fhost%2Frepo/HEAD", "'ftp://host/repo' is no clone URL that is allowed"),
        ("git/--upload-pack%3Dtouch%20x/HEAD", "'--upload-pack=touch x' is no clone URL"),
    ],
)
async def test_an_address_that_makes_no_sense(
    impatient: BinderProcess, spec: str, message: str
) -> None:
    assert (await failure(impatient, spec)).startswith(message)


async def test_a_builder_image_that_is_not_there(tmp_path: Path, git_server: GitServer) -> None:
    image = "localhost:1/no/such-builder:1"
    process = BinderProcess(tmp_path, config=f"c.BinderHub.build_image = {image!r}\n")
    try:
        message = await failure(process.wait_until_ready(), git_server.repo("no-builder").spec)
    finally:
        process.stop()
    assert message.startswith(f"The builder image {image} is not here and cannot be pulled: ")
