"""Configuration files written for a big BinderHub: other homes, other machines, other imports."""

import asyncio
import contextlib
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import ClientConnectorError, ClientSession
from traitlets import TraitError
from traitlets.config import Config

from binderhub_lite.app import BinderHub
from binderhub_lite.events import BinderError
from binderhub_lite.launch.hub_oauth import HubOAuth
from binderhub_lite.launch.ports import free_port
from binderhub_lite.providers import GitHubRepoProvider, RepoProvider
from binderhub_lite.upstream import UPSTREAM_CLASSES
from binderhub_lite.upstream.homes import INSTEAD, MOVED_TO


def loaded(folder: Path, text: str, *arguments: str) -> BinderHub:
    """The application, with a configuration file that says this."""
    file = folder / "binderhub_config.py"
    file.write_text(text)
    app = BinderHub()
    app.initialize(["--config", str(file), *arguments])
    return app


MOVED = [
    (kind.__name__, name, trait.metadata[MOVED_TO].removeprefix("BinderHub."))
    for kind in UPSTREAM_CLASSES
    for name, trait in kind.class_traits(config=True).items()
    if MOVED_TO in trait.metadata
]
VALUES = {
    "appendix": "USER root",
    "build_docker_host": "/run/other.sock",
    "build_image": "r2d:1",
    "build_max_age": 60,
    "build_memory_limit": 2**30,
    "build_namespace": "class",
    "build_node_selector": {"disk": "fast"},
    "log_tail_lines": 7,
    "pod_quota": 9,
    "push_secret": "/etc/docker.json",
    "repo2docker_extra_args": ["--debug"],
}


@pytest.mark.parametrize(("kind", "name", "target"), MOVED)
def test_newer_homes_of_options_have_the_same_effect(
    tmp_path: Path, kind: str, name: str, target: str
) -> None:
    app = loaded(tmp_path, f"c.{kind}.{name} = {VALUES[target]!r}")

    assert getattr(app, target) == VALUES[target]


def test_the_newer_home_wins_but_the_command_line_wins_over_both(tmp_path: Path) -> None:
    text = "c.BinderHub.appendix = 'RUN old'\nc.BuildExecutor.appendix = 'RUN new'"

    assert loaded(tmp_path, text).appendix == "RUN new"
    assert loaded(tmp_path, text, "--BinderHub.appendix=RUN this").appendix == "RUN this"


CLUSTER = [
    (kind, name, trait.metadata[INSTEAD])
    for kind in [BinderHub, HubOAuth, *UPSTREAM_CLASSES]
    for name, trait in kind.class_traits(config=True).items()
    if INSTEAD in trait.metadata
]


@pytest.mark.parametrize(("kind", "name", "instead"), CLUSTER)
def test_what_only_a_cluster_can_do_is_one_warning_that_says_what_happens_instead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: type, name: str, instead: str
) -> None:
    loaded(tmp_path, f"c.{kind.__name__}.{name} = 'x'")

    (warning,) = capsys.readouterr().err.splitlines()
    expected = f"c.{kind.__name__}.{name} has no effect on one machine: {instead}."
    assert warning.endswith(f"] {expected}")


def test_a_cluster_s_spawner_is_told_apart_from_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded(tmp_path, "c.KubeSpawner.cpu_limit = 2\nc.KubeSpawner.mem_limit = '1G'")

    warning = capsys.readouterr().err
    assert "servers are started by DockerSpawner" in warning
    assert warning.count("KubeSpawner") == 1


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("c.BinderHub.apendix = ''", "c.BinderHub has no option apendix: did you mean appendix?"),
        ("c.BindrHub.port = 1", "There is no c.BindrHub: did you mean c.BinderHub?"),
        (
            "c.GithubRepoProvider.hostname = 'x'",
            "There is no c.GithubRepoProvider: did you mean c.GitHubRepoProvider?",
        ),
        (
            "c.GitHubRepoProvider.access_tokn = 'x'",
            "c.GitHubRepoProvider has no option access_tokn: did you mean access_token?",
        ),
        ("c.BinderHub.xyzzy = 1", "c.BinderHub has no option xyzzy: `binderhub-lite --help-all`"),
        (
            "c.DockerSpawner.mem_limt = '1G'",
            "c.DockerSpawner has no option mem_limt: did you mean mem_limit?",
        ),
        ("c.BinderSpawnr.x = 1", "There is no c.BinderSpawnr: did you mean c.BinderSpawner?"),
        ("c.Application.log_levl = 1", "c.Application has no option log_levl"),
    ],
)
def test_a_misspelt_name_is_an_error_that_names_the_right_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, complaint: str
) -> None:
    with pytest.raises(SystemExit):
        loaded(tmp_path, line)

    assert complaint in capsys.readouterr().err


def test_a_misspelt_option_of_the_command_line_is_an_error_as_well() -> None:
    with pytest.raises(TraitError, match="did you mean appendix"):
        BinderHub().update_config(Config({"BinderHub": {"apendix": ""}}))


@pytest.mark.parametrize(
    "line",
    [
        "c.JupyterHub.authenticator_class = 'dummy'",
        "c.DockerSpawner.mem_limit = '1G'\nc.BinderSpawner.mem_limit = c.Spawner.mem_limit = '1G'",
        "c.Spawner.environment.update({'A': 'b'})",
        "c.LDAPAuthenticator.server_address = 'x'",
        "c.Application.log_level = 'WARN'",
    ],
)
def test_sections_of_other_programs_pass(tmp_path: Path, line: str) -> None:
    loaded(tmp_path, line)


def test_a_provider_of_the_file_s_own_has_options_too(tmp_path: Path) -> None:
    app = loaded(
        tmp_path,
        "from binderhub.repoproviders import GitHubRepoProvider\n"
        "class OurGitHubRepoProvider(GitHubRepoProvider):\n    pass\n"
        "c.BinderHub.repo_providers = {'ours': OurGitHubRepoProvider}\n"
        "c.OurGitHubRepoProvider.hostname = 'github.example.org'\n",
    )

    kind = app.repo_providers["ours"]
    assert issubclass(kind, GitHubRepoProvider)
    assert kind(parent=app, spec="a/b/c").hostname == "github.example.org"


def test_what_is_added_to_a_default_stays_beside_it(tmp_path: Path) -> None:
    app = loaded(
        tmp_path,
        "from binderhub.repoproviders import GitHubRepoProvider\n"
        "class OurGitHubRepoProvider(GitHubRepoProvider):\n    pass\n"
        "c.BinderHub.repo_providers.update({'ours': OurGitHubRepoProvider})\n"
        "c.OurGitHubRepoProvider.hostname = 'github.example.org'\n"
        "c.BinderHub.tornado_settings.update({'headers': {'X-Ours': 'yes'}})\n"
        "c.BuildExecutor.repo2docker_extra_args.append('--debug')\n"
        "if c.BinderHub.auth_enabled:  # as the Helm chart asks: always true before it is loaded\n"
        "    c.HubOAuth.base_url = '/'\n",
    )

    assert list(app.repo_providers) == [*BinderHub().repo_providers, "ours"]
    assert app.answer_headers() == {"X-Ours": "yes"}
    assert app.build_settings().repo2docker_extra_args == ["--debug"]
    assert app.auth_enabled is False


IMPORTS = """
import binderhub
import binderhub.app
from binderhub.app import BinderHub
from binderhub.build import BuildExecutor, FakeBuild, KubernetesBuildExecutor, KubernetesCleaner
from binderhub.build_local import LocalRepo2dockerBuild
from binderhub.events import EventLog
from binderhub.health import KubernetesHealthHandler
from binderhub.launcher import Launcher
from binderhub.quota import KubernetesLaunchQuota, LaunchQuota
from binderhub.ratelimit import RateLimiter
from binderhub.registry import AWSElasticContainerRegistry, DockerRegistry, FakeRegistry
from binderhub.registry import ExternalRegistryHelper, GoogleArtifactRegistry
from binderhub.repoproviders import CKANProvider, DataverseProvider, FakeProvider, FigshareProvider
from binderhub.repoproviders import GistRepoProvider, GitHubRepoProvider, GitLabRepoProvider
from binderhub.repoproviders import GitRepoProvider, HydroshareProvider, RepoProvider
from binderhub.repoproviders import ZenodoProvider
c.BinderHub.repo_providers = {"gh": GitHubRepoProvider}
c.BinderHub.template_variables = {"version": binderhub.__version__, "base": RepoProvider}
"""


def test_imports_of_binderhub_find_ours_while_the_file_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = ModuleType("binderhub")
    monkeypatch.setitem(sys.modules, "binderhub", installed)

    app = loaded(tmp_path, IMPORTS)

    assert app.repo_providers == {"gh": GitHubRepoProvider}
    assert app.template_variables == {"version": app.version, "base": RepoProvider}
    assert sys.modules["binderhub"] is installed
    assert not [name for name in sys.modules if name.startswith("binderhub.")]


def test_an_import_that_finds_nothing_says_so(tmp_path: Path) -> None:
    complaint = "cannot be loaded: ImportError: cannot import name 'NoSuchProvider'"

    with pytest.raises(BinderError, match=complaint):
        loaded(tmp_path, "from binderhub.repoproviders import NoSuchProvider")


EXAMPLE = Path(__file__).parents[2] / "examples" / "big-binderhub" / "binderhub_config.py"


async def test_a_big_binderhub_s_configuration_loads_and_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port, namespace = free_port(), f"big-{os.getpid()}"
    overrides = {
        "port": port,
        "ip": "127.0.0.1",
        "data_dir": tmp_path,
        "build_namespace": namespace,
    }
    arguments = [f"--BinderHub.{name}={value}" for name, value in overrides.items()]
    app = BinderHub()
    app.initialize(["--config", str(EXAMPLE), *arguments])
    options = re.findall(r"^c\.\w+\.\w+ =", EXAMPLE.read_text(), re.MULTILINE)
    assert len(options) >= 30

    stopped = asyncio.get_running_loop().create_future()
    async with app.running(stopped), ClientSession(f"http://127.0.0.1:{port}") as http:
        async with http.get("/about") as about:
            page = await about.text()
        async with http.get("/api/repoproviders") as answer:
            providers = [provider["id"] for provider in await answer.json()]
        async with http.get("/versions") as versions:
            assert (await versions.json())["builder"].startswith("quay.io/jupyterhub/repo2docker:")

    assert "Run by the example.org team." in page
    assert about.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert about.headers["Access-Control-Allow-Origin"] == "*"
    assert providers == ["gh", "gist", "git", "gl", "zenodo", "figshare", "hydroshare", "dataverse"]
    settings = app.build_settings()
    assert (settings.memory_limit, settings.max_age) == (3 * 2**30, 3600)
    log = capsys.readouterr().err
    for option in ("sticky_builds", "build_class", "DockerRegistry.url", "memory_request"):
        assert log.count(f"{option} has no effect on one machine") == 1
    assert "there is no file 'binder-build-docker-config'" in log


async def test_the_methods_that_programs_call(tmp_path: Path) -> None:
    app = BinderHub(
        port=free_port(),
        ip="127.0.0.1",
        data_dir=str(tmp_path),
        build_namespace=f"methods-{os.getpid()}",
        hub_url="http://127.0.0.1:9/",
        hub_api_token="x",
        network_isolation=False,
    )
    app.initialize([])
    app.start(run_loop=False)
    async with ClientSession() as http:
        while True:
            with contextlib.suppress(ClientConnectorError):
                async with http.get(f"http://127.0.0.1:{app.port}/versions") as answer:
                    assert answer.status == 200
                    break
            await asyncio.sleep(0.05)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(app.watch_build_pods(), 0.5)
    app.stop()
    assert app.serving is not None
    await app.serving

    handlers = [("/x", "a", {"b": 1}), ("y", "c")]
    assert app.add_url_prefix("/p/", handlers) == [("/p/x", "a", {"b": 1}), ("/p/y", "c")]
    assert app.add_url_prefix("", handlers)[0][0] == "/x"
