"""Whether this machine is the one that builds are meant for (`build_node_selector`)."""

from collections.abc import Mapping

from aiodocker.exceptions import DockerError

from ..dockerd import DockerDaemon
from ..events import BinderError


async def check_node(daemon: DockerDaemon, selector: Mapping[str, str]) -> None:
    """Raise BinderError unless the daemon's labels and facts (`docker info`) match `selector`."""
    if not selector:
        return
    await daemon.check()  # one that hangs would not answer what follows either
    try:
        info = await daemon.client.system.info()
    except DockerError as error:
        raise daemon.explain(error) from error
    own = {key: str(value) for key, value in info.items()}
    own.update(label.split("=", 1) for label in info.get("Labels") or [] if "=" in label)
    unlike = [
        f"{key} is {own[key]!r}, not {value!r}" if key in own else f"there is no {key}"
        for key, value in selector.items()
        if own.get(key) != value
    ]
    if unlike:
        raise BinderError(
            "Builds are not allowed on this Docker daemon, which build_node_selector does not "
            f"match: {'; '.join(unlike)}.",
            503,
        )
