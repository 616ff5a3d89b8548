"""Being started by JupyterHub as a managed service."""

import pytest

from binderhub_lite.app import BinderHub
from binderhub_lite.managed_service import ManagedService

ENVIRONMENT = {
    "JUPYTERHUB_SERVICE_NAME": "binder",
    "JUPYTERHUB_SERVICE_PREFIX": "/hub-prefix/services/binder/",
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:10101",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub-prefix/hub/api",
    "JUPYTERHUB_API_TOKEN": "the-token",
}


@pytest.fixture
def started_by_hub(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("missing", ["JUPYTERHUB_SERVICE_NAME", "JUPYTERHUB_SERVICE_URL"])
def test_nobody_s_service_has_no_instructions(
    started_by_hub: pytest.MonkeyPatch, missing: str
) -> None:
    """A user's server has most of the variables, too: a terminal there is no service.

    A service without an address has no place where we would have to listen.
    """
    started_by_hub.delenv(missing)

    assert ManagedService.from_environment() is None
    assert BinderHub().base_url == "/"


@pytest.mark.usefixtures("started_by_hub")
def test_the_hub_says_where_to_listen_and_where_it_is() -> None:
    assert ManagedService.from_environment() == ManagedService(
        prefix="/hub-prefix/services/binder/",
        host="127.0.0.1",
        port=10101,
        hub_root="http://127.0.0.1:8081/hub-prefix",
    )


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://[::1]:9000", "::1", 9000),
        ("http://binder.test", "binder.test", 80),
        ("http://:7000", "127.0.0.1", 7000),
    ],
)
def test_an_address_that_says_less_means_the_usual(
    started_by_hub: pytest.MonkeyPatch, url: str, host: str, port: int
) -> None:
    started_by_hub.setenv("JUPYTERHUB_SERVICE_URL", url)

    service = ManagedService.from_environment()

    assert service is not None
    assert (service.host, service.port) == (host, port)


@pytest.mark.usefixtures("started_by_hub")
def test_the_options_follow_unless_they_are_set() -> None:
    app = BinderHub()
    assert (app.base_url, app.hub_api_token) == ("/hub-prefix/services/binder/", "the-token")

    set_by_hand = BinderHub(base_url="/x", hub_api_token="mine")
    assert (set_by_hand.base_url, set_by_hand.hub_api_token) == ("/x/", "mine")
