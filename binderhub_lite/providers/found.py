"""What a pasted text turns out to be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A web address or clone URL, in parts; `path` and `query` as they were written."""

    text: str
    root: str
    """Scheme, host and port, ending in a slash."""
    host: str
    """In lower case, without `www.`; with the port, where a web address has one."""
    path: str
    """Without the slashes at its ends."""
    query: str

    @property
    def is_web(self) -> bool:
        return self.root.startswith(("http://", "https://"))


@dataclass(frozen=True)
class Found:
    """A repository (or dataset) and, where the text names them, a ref and what to open."""

    provider: str
    """The provider's prefix."""
    repo: str
    """As a person writes it into the form, nothing escaped: `user/repo`, a URL, a DOI."""
    ref: str = ""
    """Empty: the newest."""
    kind: str = ""
    """What `path` is: `file`, `lab` (a folder or file, in JupyterLab), `url` (of the server's)."""
    path: str = ""
