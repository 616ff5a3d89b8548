"""How something is refused: in words for people, or with a bug."""

from collections.abc import Callable
from typing import Any

from binderhub_lite.events import BinderError


def refusal(ask: Callable[..., Any], *arguments: Any, **named: Any) -> BinderError | None:
    """The sentence that people are told; None when nothing was refused. Bugs are raised."""
    try:
        ask(*arguments, **named)
    except BinderError as error:
        return error
    return None
