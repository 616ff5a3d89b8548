"""What the configuration says about single specs: allowed, banned, with a quota of their own."""

import re
from collections.abc import Mapping, Set
from typing import Any
from urllib.parse import quote, unquote

from traitlets import Dict, List, TraitError, Unicode, validate
from traitlets.config import LoggingConfigurable


class SpecRules(LoggingConfigurable):
    """Rules for specs: regular expressions that are matched from the spec's start, case ignored.

    A pattern may be written for the spec as it stands in a link or with its
    percent-encoding undone: both are tried, however the link's author encoded it.
    """

    spec = Unicode(help="The text after the provider's prefix, percent-encoding kept.")

    allowed_specs = List(
        Unicode(),
        help="Regular expressions: when there are any, only specs that match one are launched, "
        "such as '^our-course/'. What banned_specs names stays banned.",
    ).tag(config=True)
    banned_specs = List(
        Unicode(), help="Regular expressions: specs that match one are not launched."
    ).tag(config=True)
    high_quota_specs = List(
        Unicode(),
        help="Regular expressions: specs that match one have the higher quota of BinderHub's "
        "per_repo_quota_higher.",
    ).tag(config=True)
    spec_config = List(
        Dict(),
        help="Settings of single repositories: a list of {'pattern': regular expression, "
        "'config': {name: value}}. Of the entries that match a spec, later ones win. "
        "There is one name, 'quota': how many servers of the repository may run at once.",
    ).tag(config=True)

    @validate("allowed_specs", "banned_specs", "high_quota_specs")
    def _are_patterns(self, proposal: Any) -> list[str]:
        for pattern in proposal.value:
            self._check_pattern(proposal.trait.name, pattern)
        patterns: list[str] = proposal.value
        return patterns

    @validate("spec_config")
    def _have_pattern_and_config(self, proposal: Any) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = proposal.value
        for entry in entries:
            pattern, config = entry.get("pattern"), entry.get("config")
            if not isinstance(pattern, str) or not isinstance(config, Mapping):
                raise TraitError(
                    f"{type(self).__name__}.spec_config: {entry!r} is not of the form "
                    "{'pattern': 'a regular expression', 'config': {'quota': 10}}."
                )
            self._check_pattern("spec_config", pattern)
            quota = config.get("quota", 0)
            if isinstance(quota, bool) or not isinstance(quota, int | None):
                raise TraitError(
                    f"{type(self).__name__}.spec_config: the quota {quota!r} of {pattern!r} "
                    "is not a whole number."
                )
        return entries

    def _check_pattern(self, option: str, pattern: str) -> None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise TraitError(
                f"{type(self).__name__}.{option}: {pattern!r} is no regular expression: {error}."
            ) from None

    def spellings(self) -> Set[str]:
        """The ways to write the spec that patterns are tried on."""
        segments = [unquote(segment) for segment in self.spec.split("/")]
        encoded = "/".join(quote(segment, safe="") for segment in segments)
        return {encoded, "/".join(segments)}

    def is_banned(self) -> bool:
        """Whether the configuration forbids to launch this spec."""
        if self._matches_any(self.banned_specs):
            return True
        return bool(self.allowed_specs) and not self._matches_any(self.allowed_specs)

    def has_higher_quota(self) -> bool:
        """Whether this spec is one of `high_quota_specs`."""
        return self._matches_any(self.high_quota_specs)

    def repo_config(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of this spec: its `quota`, and what else `spec_config` says.

        `settings` has the general quotas, `per_repo_quota` and `per_repo_quota_higher`.
        """
        which = "per_repo_quota_higher" if self.has_higher_quota() else "per_repo_quota"
        config = {"quota": settings.get(which)}
        for entry in self.spec_config:
            if self._matches_any([entry["pattern"]]):
                config.update(entry["config"])
        return config

    def _matches_any(self, patterns: list[str]) -> bool:
        return any(
            re.match(pattern, spelling, re.IGNORECASE)
            for spelling in {self.spec, *self.spellings()}
            for pattern in patterns
        )
