"""What is known of a build, as it stands in its container's labels."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ..conventions import Component, labels
from ..providers import Repo
from .names import container_name

PREFIX = "binderhub-lite."


@dataclass(frozen=True)
class BuildFacts:
    """A build's identity: enough to find it again after a restart."""

    name: str
    """The name of its container."""
    image: str
    provider: str
    spec: str
    repo_url: str
    ref: str
    maker: str = ""
    """What made its container; empty: nobody yet."""
    created: float = 0
    """When its container was made, in seconds since the epoch; 0: not yet."""
    user: str = ""
    """Who was logged in and asked for it first; empty: somebody unknown."""

    @classmethod
    def of(cls, namespace: str, repo: Repo, image: str, user: str = "") -> "BuildFacts":
        name = container_name(namespace, repo.url, repo.ref, image)
        return cls(name, image, repo.provider, repo.spec, repo.url, repo.ref, user=user)

    @classmethod
    def from_labels(cls, name: str, found: Mapping[str, str]) -> "BuildFacts":
        def label(key: str) -> str:
            return found.get(PREFIX + key, "")

        return cls(
            name,
            label("image"),
            label("provider"),
            label("spec"),
            label("repo_url"),
            label("ref"),
            label("maker"),
            float(label("created") or 0),
            label("user"),
        )

    def labels(self, namespace: str, maker: str) -> dict[str, str]:
        """The labels of a container that is made now, by `maker`."""
        return labels(
            namespace,
            Component.BUILD,
            provider=self.provider,
            spec=self.spec,
            repo_url=self.repo_url,
            ref=self.ref,
            image=self.image,
            created=str(int(time.time())),
            user=self.user,
            maker=maker,
        )

    @property
    def age(self) -> float:
        """Seconds since its container was made."""
        return time.time() - self.created if self.created else 0
