"""Rules for single specs: allowed, banned, with a quota of their own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets import TraitError
from traitlets.config import Config

from binderhub_lite.app import BinderHub
from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitHubRepoProvider, GitRepoProvider, RepoProvider

GENERAL = {"per_repo_quota": 10, "per_repo_quota_higher": 100}


def gh(spec: str, **options: Any) -> GitHubRepoProvider:
    return GitHubRepoProvider(config=Config({"GitHubRepoProvider": options}), spec=spec)


@pytest.mark.parametrize(
    ("spec", "banned"),
    [
        ("bad/repo/HEAD", True),
        ("BAD/Repo/HEAD", True),
        ("b%61d/repo/HEAD", True),
        ("bad/repo.git/HEAD", True),
        ("good/bad/HEAD", False),
        ("worse/anything/HEAD", True),
        ("not/worse/HEAD", False),
    ],
)
def test_a_banned_spec_is_banned_however_it_is_written(spec: str, banned: bool) -> None:
    provider = gh(spec, banned_specs=["bad/repo/", "^worse/"])

    assert provider.is_banned() is banned
    if banned:
        with pytest.raises(BinderError, match="may not be launched here") as caught:
            provider.check_allowed()
        assert caught.value.status_code == 403
    else:
        provider.check_allowed()


def test_with_a_list_of_allowed_specs_nothing_else_is_launched() -> None:
    options = {"allowed_specs": ["^course/"], "banned_specs": ["^course/exam/"]}

    assert not gh("Course/lesson/HEAD", **options).is_banned()
    assert gh("other/lesson/HEAD", **options).is_banned()
    assert gh("course/exam/HEAD", **options).is_banned()


@pytest.mark.parametrize("pattern", ["https%3A%2F%2Fhost%2Fbad", "https://host/bad"])
@pytest.mark.parametrize(
    "spec", ["https%3A%2F%2Fhost%2Fbad/HEAD", "https%3a%2f%2fh%6Fst%2Fb%61d/HEAD"]
)
def test_a_url_may_be_banned_as_it_stands_in_a_link_or_as_it_is(pattern: str, spec: str) -> None:
    config = Config({"GitRepoProvider": {"banned_specs": [pattern]}})

    assert GitRepoProvider(config=config, spec=spec).is_banned()


def test_rules_for_all_providers_stand_at_their_base_class() -> None:
    config = Config(
        {
            "RepoProvider": {"banned_specs": ["bad/"]},
            "GitRepoProvider": {"banned_specs": []},
        }
    )

    assert GitHubRepoProvider(config=config, spec="bad/x/HEAD").is_banned()
    assert not GitRepoProvider(config=config, spec="https%3A%2F%2Fx/HEAD").is_banned()


def test_quotas_are_the_general_ones_unless_a_spec_has_its_own() -> None:
    options = {
        "high_quota_specs": ["^big/"],
        "spec_config": [
            {"pattern": "^big/one/", "config": {"quota": 500}},
            {"pattern": "^big/one/v2", "config": {"quota": 3, "other": "thing"}},
        ],
    }

    assert gh("small/x/HEAD", **options).repo_config(GENERAL) == {"quota": 10}
    assert gh("Big/x/HEAD", **options).repo_config(GENERAL) == {"quota": 100}
    assert gh("big/one/HEAD", **options).repo_config(GENERAL) == {"quota": 500}
    assert gh("big/one/v2", **options).repo_config(GENERAL) == {"quota": 3, "other": "thing"}
    assert gh("big/x/HEAD", **options).has_higher_quota()
    assert not gh("small/x/HEAD", **options).has_higher_quota()


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("banned_specs", ["ok", "("], r"banned_specs: '\(' is no regular expression: missing"),
        ("allowed_specs", ["*"], "allowed_specs: .* is no regular expression"),
        ("high_quota_specs", ["[a"], "high_quota_specs: .* is no regular expression"),
        ("spec_config", [{"pattern": "("}], "spec_config: .* is not of the form"),
        ("spec_config", [{"pattern": "(", "config": {}}], "spec_config: .* no regular expression"),
        ("spec_config", [{"pattern": "a", "config": 5}], "spec_config: .* is not of the form"),
        ("spec_config", [{"pattern": "a", "config": {"quota": "x"}}], "is not a whole number"),
        ("spec_config", ["a"], "spec_config"),
    ],
)
@pytest.mark.parametrize("section", ["RepoProvider", "GitRepoProvider"])
def test_a_bad_rule_is_named_at_the_start(
    section: str, option: str, value: Any, complaint: str
) -> None:
    app = BinderHub(config=Config({section: {option: value}}))

    with pytest.raises(TraitError, match=complaint):
        GitRepoProvider.check_options(app)
    with pytest.raises(SystemExit) as ended:
        app.initialize([])
    assert ended.value.code == 1


def test_rules_that_are_right_let_it_start() -> None:
    rules = {"banned_specs": ["^a/"], "spec_config": [{"pattern": "b", "config": {"quota": 1}}]}
    app = BinderHub(config=Config({"RepoProvider": rules, "GitRepoProvider": rules}))

    app.initialize([])

    assert all(issubclass(kind, RepoProvider) for kind in app.repo_providers.values())


@given(st.text(), st.lists(st.from_regex(r"[a-z/^$.]{0,5}", fullmatch=True)))
def test_any_spec_can_be_looked_up(spec: str, patterns: list[str]) -> None:
    """No spec breaks the rules' matching, and one that a rule names in full is found."""
    provider = RepoProvider(spec=spec, banned_specs=patterns)

    assert provider.is_banned() in (True, False)
    assert RepoProvider(spec=spec, banned_specs=[""]).is_banned()
