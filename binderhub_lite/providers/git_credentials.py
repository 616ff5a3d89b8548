"""Who git is, to a server that asks: kept out of arguments, logs and `docker inspect`."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

HELPER_VARIABLE = "BINDERHUB_LITE_GIT_CREDENTIALS"
# A helper is a shell command that git runs with the name of what it wants (gitcredentials(7)).
HELPER = f'!f() {{ test "$1" = get && printf "%s\\n" "${HELPER_VARIABLE}"; }}; f'


@dataclass(frozen=True)
class GitCredentials:
    """A name and a password for one server."""

    username: str
    password: str = field(repr=False)
    server: str
    """Scheme, host and port: nobody else is told."""

    @classmethod
    def parse(cls, text: str, url: str) -> "GitCredentials | None":
        """From the option `git_credentials`, for the server of `url`; None where there are none.

        The form is that of git's credential helpers: lines of `name=value`. BinderHub's
        configurations write their ends as backslash and n, which is the same here.
        Raises ValueError when the name or the password is missing.
        """
        lines = text.replace("\\n", "\n").splitlines()
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        if not text.strip():
            return None
        if not values.get("username") or not values.get("password"):
            raise ValueError(
                "git_credentials must be of the form 'username=NAME\\npassword=PASSWORD'"
            )
        parts = urlsplit(url)
        protocol, host = values.get("protocol", parts.scheme), values.get("host", parts.netloc)
        server = f"{protocol}://{host.rpartition('@')[2]}"
        return cls(values["username"], values["password"], server)

    @property
    def store_line(self) -> str:
        """The line of a file that `git credential-store` reads."""
        scheme, _, host = self.server.partition("://")
        name, password = quote(self.username, safe=""), quote(self.password, safe="")
        return f"{scheme}://{name}:{password}@{host}\n"

    @property
    def helper(self) -> tuple[dict[str, str], dict[str, str]]:
        """Configuration and environment of a git that is to know them."""
        configuration = {f"credential.{self.server}.helper": HELPER}
        lines = f"username={self.username}\npassword={self.password}"
        return configuration, {HELPER_VARIABLE: lines}
