"""repo2docker's side of a build: its command, its configuration and its log."""

import io
import json
import re
import tarfile
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import quote

from ..conventions import LABEL_IMAGE, LABEL_NAMESPACE
from ..events import Event, Phase
from ..providers import Repo

HARMLESS_IN_DOCKERFILE = "/:@?#&=+,;%~!*'()[] "
HOME = "/binderhub-lite"
CONFIG = f"{HOME}/repo2docker_config.py"
CONTENT = f"{HOME}/content"
CREDENTIALS = f"{HOME}/git-credentials"
# What git says when it has cloned a repository and the commit is not in it.
NO_COMMIT = re.compile(r"Could not parse object '(?P<commit>\w+)'\.?")


def command(
    repo: Repo,
    image: str,
    *,
    appendix: str = "",
    labels: Mapping[str, str] = MappingProxyType({}),
    extra_arguments: Sequence[str] = (),
) -> list[str]:
    """The command that builds `image` from `repo` in a builder container."""
    # A bare copy of a git repository is cloned like any other; a directory is taken as it is.
    brought = f"file://{CONTENT}" if repo.content_provider == "Git" else CONTENT
    source = brought if repo.open_archive else repo.url
    return [
        "jupyter-repo2docker",
        f"--config={CONFIG}",
        f"--ref={repo.ref}",
        f"--image={image}",
        "--no-clean",
        "--no-run",
        "--json-logs",
        "--user-name=jovyan",
        "--user-id=1000",
        *([f"--appendix={appendix}"] if appendix else []),
        *(f"--label={name}={value}" for name, value in labels.items()),
        *extra_arguments,
        "--",
        source,
    ]


def image_labels(namespace: str, repo: Repo, image: str) -> dict[str, str]:
    """The labels of an image that is built here: by them the image cleaner knows it again."""
    return {
        LABEL_NAMESPACE: namespace,
        LABEL_IMAGE: image,
        **{
            # repo2docker writes them into a Dockerfile as they are, between quotation marks.
            f"binderhub-lite.{name}": quote(value, safe=HARMLESS_IN_DOCKERFILE)
            for name, value in {
                "provider": repo.provider,
                "spec": repo.spec,
                "repo_url": repo.url,
                "ref": repo.ref,
            }.items()
        },
    }


def config_archive(repo: Repo) -> bytes:
    """A tar with repo2docker's configuration, to be unpacked at the root of the container.

    Only the content provider that fits is left: repo2docker would probe them all, and
    one of them needs the internet even for a clone from next door.
    """
    provider = repo.content_provider
    text = (
        f"from repo2docker.contentproviders import {provider}\n"
        f"c.Repo2Docker.content_providers = [{provider}]\n"
    )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        content_directory = tarfile.TarInfo(CONTENT.lstrip("/"))
        content_directory.type, content_directory.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(content_directory)
        _add_file(tar, CONFIG, text, 0o644)
        if repo.credentials is not None:
            _add_file(tar, CREDENTIALS, repo.credentials.store_line, 0o600)
    return buffer.getvalue()


def git_environment(repo: Repo) -> dict[str, str]:
    """Environment that makes any git (2.31 or newer) find the credentials of the repository.

    They themselves are in a file, where `docker inspect` does not show them.
    """
    if repo.credentials is None:
        return {}
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": f"store --file={CREDENTIALS}",
    }


def _add_file(tar: tarfile.TarFile, path: str, text: str, mode: int) -> None:
    info, content = tarfile.TarInfo(path.lstrip("/")), text.encode()
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))


def parse_line(line: str) -> Event:
    """One line of `--json-logs` output as an event; a line that is no JSON has no known phase.

    Whatever fields repo2docker adds pass through, but for a traceback.
    """
    try:
        fields = json.loads(line)
        message = fields.pop("message")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Event.of(Phase.UNKNOWN, line)
    phase = fields.pop("phase", Phase.UNKNOWN)
    fields.pop("exc_info", None)
    return Event.of(str(phase), str(message), **fields)


def explain_failure(events: Sequence[Event]) -> str | None:
    """What went wrong, in one line, from the last events of a failed build.

    None when repo2docker did not come to say it: it was killed.
    """
    lines = [line.strip() for event in events for line in event.message.splitlines()]
    for start in ("ERROR: failed to solve:", "ERROR:", "fatal:", "remote:"):
        for number, line in reversed([*enumerate(lines)]):
            if line.startswith(start):
                said = line.removeprefix(start).strip()
                if said.endswith(":"):  # git's own way to go on in the next line
                    said = " ".join([said, *lines[number + 1 : number + 2]])
                return NO_COMMIT.sub(r"no branch or tag of it has the commit \g<commit>.", said)
    failed = [event.message.strip() for event in events if event.phase == Phase.FAILED]
    return failed[-1] if failed else None
