"""What providers share whose service has one host, and a web API at a place of its own."""

from collections.abc import Iterable

from traitlets import Unicode

from .base import RepoProvider


class HostedProvider(RepoProvider):
    """A service that the configuration may name another host of."""

    hostname = Unicode(help="The host of repositories.").tag(config=True)
    api_base_path = Unicode(help="The root of the web API; may contain {hostname}.").tag(
        config=True
    )

    @property
    def api_root(self) -> str:
        """The web API's URL, without a slash at its end."""
        return self.api_base_path.format(hostname=self.hostname).rstrip("/")

    def own_urls(self) -> Iterable[str]:
        return (f"https://{self.hostname}", self.api_root)
