"""What the configuration says about builds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..providers import Repo


@dataclass(frozen=True)
class BuildSettings:
    """Settings of every build; `appendix_for` gives the Dockerfile lines added for a repository."""

    build_image: str
    image_prefix: str = ""
    log_tail_lines: int = 100
    memory_limit: int = 0
    ca_bundle: str = ""
    repo2docker_extra_args: Sequence[str] = ()
    appendix_for: Callable[[Repo], str] = lambda repo: ""
