"""What the configuration says about builds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..providers import Repo


@dataclass(frozen=True)
class BuildSettings:
    """Settings of every build."""

    build_image: str
    maker: str = ""
    """What marks the containers that we make: a name that no other running process has."""
    image_prefix: str = ""
    log_tail_lines: int = 100
    memory_limit: int = 0
    """Bytes; 0 is no limit."""
    max_age: float = 14400
    """Seconds after which a build is killed."""
    cleanup_interval: float = 60
    """Seconds between two rounds that remove what builds have left."""
    concurrent_limit: int = 32
    node_selector: Mapping[str, str] = field(default_factory=dict)
    push_secret: str = ""
    """Path of a Docker config.json that builder containers get."""
    ca_bundle: str = ""
    repo2docker_extra_args: Sequence[str] = ()
    appendix_for: Callable[[Repo, str], str] = lambda repo, launch_host: ""
    """Gives the Dockerfile lines added for a repository; `launch_host` is our public URL."""
