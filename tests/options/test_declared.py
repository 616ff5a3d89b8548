"""Every option: what it is by itself, what the environment makes of it, what it refuses."""

import logging
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError
from traitlets.config import Config

from binderhub_lite.app import BinderHub
from binderhub_lite.providers import PROVIDERS, GitHubRepoProvider, Repo

# As BinderHub documents them: somebody's configuration may rest on any of these.
DEFAULTS: dict[str, Any] = {
    "about_message": "",
    "appendix": "",
    "badge_base_url": "",
    "banner_message": "",
    "base_url": "/",
    "block_build_user_agents": [".*bot.*", ".*gpt.*", ".*crawler.*", ".*spider.*"],
    "build_cleanup_interval": 60,
    "build_docker_host": "/var/run/docker.sock",
    "build_max_age": 14400,
    "build_memory_limit": 0,
    "build_namespace": "default",
    "builder_required": True,
    "concurrent_build_limit": 32,
    "config_file": "binderhub_config.py",
    "cors_allow_origin": "",
    "debug": False,
    "executor_threads": 5,
    "google_analytics_code": None,
    "google_analytics_domain": "auto",
    "tornado_settings": {},
    "use_registry": False,
    "enable_api_only_mode": False,
    "extra_footer_scripts": {},
    "extra_static_path": "",
    "extra_static_url_prefix": "/extra_static/",
    "hub_api_token": "",
    "hub_url": "",
    "hub_url_local": "",
    "image_prefix": "",
    "log_tail_lines": 100,
    "normalized_origin": "",
    "per_repo_quota": 0,
    "per_repo_quota_higher": 0,
    "pod_quota": None,
    "port": 8585,
    "template_path": "",
    "template_variables": {},
}
OURS: dict[str, Any] = {
    "build_image": "quay.io/jupyterhub/repo2docker:2026.4.0",
    "build_token_check_origin": True,
    "build_token_expires_seconds": 300,
    "build_token_secret": b"",
    "ca_bundle": "",
    "default_opengraph_title": "binderhub-lite",
    "extra_header_html": {},
    "idle_timeout": 3600,
    "ip": "",
    "log_level": logging.INFO,
}
VARIABLES = {
    "DOCKER_HOST": "build_docker_host",
    "BUILD_NAMESPACE": "build_namespace",
    "JUPYTERHUB_API_TOKEN": "hub_api_token",
}


def app(**options: Any) -> BinderHub:
    """An application whose configuration file says this."""
    return BinderHub(config=Config({"BinderHub": options}))


def repo(**changes: str) -> Repo:
    facts = {
        "provider": "gh",
        "spec": "user/repo/main",
        "resolved_spec": "user/repo/abc",
        "url": "https://github.com/user/repo",
        "ref": "abc",
        "ref_url": "https://github.com/user/repo/abc",
        "slug": "user-repo",
        "content_provider": "Git",
    }
    return Repo(**(facts | changes))


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    others = ("BINDERHUB_LITE_CA_BUNDLE", "BINDERHUB_BUILD_TOKEN_SECRET", "XDG_DATA_HOME")
    for variable in (*VARIABLES, *others):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(("option", "value"), (DEFAULTS | OURS).items())
def test_an_option_that_nobody_sets(option: str, value: object) -> None:
    assert getattr(BinderHub(), option) == value


OF_TRAITLETS = {"logging_config", "show_config", "show_config_json"}


@pytest.mark.parametrize(
    "option", sorted({*BinderHub.class_trait_names(config=True)} - OF_TRAITLETS)
)
def test_every_option_says_what_it_is_for(option: str) -> None:
    help_text = BinderHub.class_traits()[option].help.strip()

    assert help_text.endswith((".", "off."))
    assert help_text[0].isupper()


@pytest.mark.parametrize(("variable", "option"), VARIABLES.items())
def test_the_environment_gives_a_default_and_no_more(
    monkeypatch: pytest.MonkeyPatch, variable: str, option: str
) -> None:
    monkeypatch.setenv(variable, "/from/environment")

    assert getattr(BinderHub(), option) == "/from/environment"
    assert getattr(app(**{option: "/configured"}), option) == "/configured"


@pytest.mark.parametrize("variable", ["DOCKER_HOST", "BUILD_NAMESPACE"])
def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "")

    assert getattr(BinderHub(), VARIABLES[variable]) == DEFAULTS[VARIABLES[variable]]


def test_a_bundle_of_certificates_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.touch()
    monkeypatch.setenv("BINDERHUB_LITE_CA_BUNDLE", str(bundle))

    assert BinderHub().build_settings().ca_bundle == str(bundle)


@pytest.mark.parametrize("given", ["736563726574", b"secret"])
def test_the_secret_of_build_tokens_is_bytes_or_hexadecimal(
    monkeypatch: pytest.MonkeyPatch, given: str | bytes
) -> None:
    monkeypatch.setenv("BINDERHUB_BUILD_TOKEN_SECRET", "6f74686572")

    assert BinderHub().build_token_secret == b"other"
    assert app(build_token_secret=given).build_token_secret == b"secret"


def test_a_secret_that_is_too_short_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert len(app(build_token_secret="ab" * 31).token_secret()) == 31
    assert len(app(build_token_secret="ab" * 32).token_secret()) == 32
    assert not BinderHub().token_secret()

    (record,) = caplog.records
    assert record.getMessage().startswith("build_token_secret has 31 bytes, so few that")


def test_the_data_directory_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/home/me/data")

    assert BinderHub().data_dir == "/home/me/data/binderhub-lite"


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("port", 0, "'port' .* should not be less than 1"),
        ("port", 65536, "'port' .* should not be greater than 65535"),
        ("port", "http", "'port' .* expected an int, not the str 'http'"),
        ("per_repo_quota", -1, "'per_repo_quota' .* should not be less than 0"),
        ("pod_quota", -1, "'pod_quota' .* should not be less than 0"),
        ("log_tail_lines", -1, "'log_tail_lines' .* should not be less than 0"),
        ("idle_timeout", 0, "'idle_timeout' .* should not be less than 1"),
        ("build_token_expires_seconds", 0, "'build_token_expires_seconds' .* less than 1"),
        ("build_memory_limit", "lots", "expected a number of bytes, such as 512M or 2G"),
        ("build_memory_limit", "M", "expected a number of bytes"),
        ("build_memory_limit", "infG", "expected a number of bytes"),
        ("build_memory_limit", -1, "'build_memory_limit' .* should not be less than 0"),
        ("build_memory_limit", "-2G", "'build_memory_limit' .* should not be less than 0"),
        ("build_docker_host", "tcp://host:2375", "build_docker_host is .*give the path"),
        ("hub_url", "hub.test", "hub_url is 'hub.test': write a whole URL, such as https://"),
        ("hub_url_local", "hub:8000", "hub_url_local is 'hub:8000': write a whole URL"),
        ("ca_bundle", "/no/such/file", "ca_bundle: there is no file '/no/such/file'"),
        ("repo_providers", {"x": Path}, "'repo_providers' .* must be a subclass of .*RepoProvider"),
        ("repo_providers", {"x": "no.such.Provider"}, "no.such.Provider"),
        ("repo_providers", {}, "repo_providers is empty: name at least one"),
        ("use_registry", True, "use_registry = True is not possible yet: images stay in"),
        ("build_token_secret", "not hex", "neither bytes nor hexadecimal digits"),
        ("ban_networks", {"10.0.0.1/8": "x"}, r"10.0.0.1/8 has host bits set: write a network as"),
        ("ban_networks", {"everyone": "x"}, "'everyone' does not appear to be"),
        ("block_build_user_agents", ["*bot"], r"'\*bot' is no regular expression: nothing to"),
        ("trusted_proxies", ["nginx"], "'nginx' does not appear to be an IPv4 or IPv6 network"),
        ("allowed_metrics_ips", ["1.2.3"], "'1.2.3' does not appear to be"),
        ("executor_threads", 0, "'executor_threads' .* should not be less than 1"),
        ("debug", "maybe", "'debug' .* expected a boolean"),
        ("template_path", 5, "'template_path'"),
        ("extra_footer_scripts", ["a()"], "'extra_footer_scripts' .* expected a dict"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(option: str, value: Any, complaint: str) -> None:
    with pytest.raises(TraitError, match=complaint) as caught:
        getattr(app(**{option: value}), option)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("DOCKER_HOST", "tcp://host:2375", "build_docker_host is 'tcp://host:2375': give the path"),
        ("BINDERHUB_LITE_CA_BUNDLE", "/no/such/file", "ca_bundle: there is no file"),
    ],
)
def test_a_bad_value_from_the_environment_is_refused_as_well(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(TraitError, match=complaint):
        _ = (BinderHub().build_docker_host, BinderHub().ca_bundle)


@pytest.mark.parametrize(
    ("given", "normal"),
    [("", "/"), ("/", "/"), ("binder", "/binder/"), ("/a/b", "/a/b/"), ("//x//", "/x/")],
)
def test_the_base_url_gets_its_slashes(given: str, normal: str) -> None:
    assert app(base_url=given).base_url == normal


@pytest.mark.parametrize(
    ("given", "bytes_"),
    [(1024, 1024), ("1024", 1024), ("512M", 512 * 2**20), ("1.5g", 3 * 2**29), ("1T", 2**40)],
)
def test_a_memory_limit_may_have_a_suffix(given: int | str, bytes_: int) -> None:
    assert app(build_memory_limit=given).build_settings().memory_limit == bytes_


def test_the_socket_may_be_given_as_a_url() -> None:
    assert app(build_docker_host="unix:///run/x.sock").build_docker_host == "unix:///run/x.sock"


def test_directories_are_only_offered_when_one_is_shared() -> None:
    shared = BinderHub(config=Config({"LocalRepoProvider": {"root": "/srv"}}))

    assert list(shared.repo_providers) == list(PROVIDERS)
    assert PROVIDERS.keys() - BinderHub().repo_providers.keys() == {"local"}


def test_providers_may_be_named_by_their_import_path() -> None:
    path = "binderhub_lite.providers.GitHubRepoProvider"

    assert app(repo_providers={"work": path}).repo_providers == {"work": GitHubRepoProvider}


@pytest.mark.parametrize(
    "appendix", ["RUN echo ${HOME}", "RUN echo {}", "RUN echo {", "{repo_url.x}"]
)
def test_an_appendix_that_cannot_be_filled_in_is_refused(appendix: str) -> None:
    with pytest.raises(
        TraitError, match=r"filled in: there are \{binder_url\}, .* and \{ref_url\}"
    ):
        app(appendix=appendix)


def test_the_appendix_knows_the_repository() -> None:
    text = 'LABEL link="{binder_url}" from="{repo_url}"\nENV A={{B}}\n'
    text += "LABEL at={persistent_binder_url} shown={ref_url}"

    settings = app(appendix=text).build_settings()

    assert settings.appendix_for(repo(), "https://binder.test/") == (
        'LABEL link="https://binder.test/v2/gh/user/repo/main" '
        'from="https://github.com/user/repo"\nENV A={B}\n'
        "LABEL at=https://binder.test/v2/gh/user/repo/abc shown=https://github.com/user/repo/abc"
    )
    assert BinderHub().build_settings().appendix_for(repo(), "https://binder.test/") == ""


def test_builds_are_made_as_configured() -> None:
    settings = app(
        build_image="b:1", image_prefix="registry.test/x-", log_tail_lines=7
    ).build_settings()

    assert (settings.build_image, settings.image_prefix) == ("b:1", "registry.test/x-")
    assert settings.log_tail_lines == 7


@pytest.mark.parametrize("keys", [("z", "y"), (10, 9)])  # YAML makes numbers of `09:`
def test_snippets_come_in_the_order_of_their_keys(keys: tuple[Any, Any]) -> None:
    later, earlier = keys
    pages = app(extra_header_html={later: "2", earlier: "1"}).page_settings()

    assert pages.extra_header_html == ["1", "2"]


def test_own_files_need_a_folder_of_their_own() -> None:
    assert app(extra_static_url_prefix="a/b").extra_static_url_prefix == "/a/b/"
    with pytest.raises(TraitError, match="extra_static_url_prefix needs a name"):
        _ = app(extra_static_url_prefix="/").extra_static_url_prefix


def test_a_directory_that_is_not_there_is_one_warning(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    app(template_path=[str(tmp_path), "/no/a"], extra_static_path="/no/b").page_settings()

    assert [record.getMessage() for record in caplog.records] == [
        "template_path: there is no directory '/no/a', so nothing comes from there.",
        "extra_static_path: there is no directory '/no/b', so nothing comes from there.",
    ]


@pytest.mark.parametrize(
    ("given", "paths"), [("", []), ("/a", ["/a"]), (["/a", "/b"], ["/a", "/b"])]
)
def test_templates_may_lie_in_one_folder_or_several(given: object, paths: list[str]) -> None:
    assert app(template_path=given).page_settings().template_path == paths
