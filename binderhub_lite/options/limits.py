"""How many servers there may be, and what is written down of them."""

from typing import Any

from traitlets import HasTraits, Integer, Unicode


class LimitOptions(HasTraits):
    """How many servers there may be, and what is written down of them."""

    per_repo_quota = Integer(
        0, min=0, help="How many servers of one repository may run at once; 0: any number."
    ).tag(config=True)
    per_repo_quota_higher = Integer(
        0,
        min=0,
        help="The same for the repositories in a provider's `high_quota_specs`; 0: any number.",
    ).tag(config=True)
    pod_quota: Any = Integer(
        None, allow_none=True, min=0, help="Older name of `c.LaunchQuota.total_quota`."
    ).tag(config=True)
    normalized_origin = Unicode(
        help="The host that the event log names as this BinderHub's. Default: each request's."
    ).tag(config=True)

    def repo_quotas(self) -> dict[str, int]:
        """The quotas that each repository's own settings start from."""
        return {
            "per_repo_quota": self.per_repo_quota,
            "per_repo_quota_higher": self.per_repo_quota_higher,
        }
