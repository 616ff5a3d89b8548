"""From what people paste to a provider, a repository, a ref and a path in it.

Only the text is looked at: nothing here asks the network.
"""

import contextlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from traitlets.config import Config

from ..events import BinderError
from . import PROVIDERS, archives, forges
from .base import RepoProvider
from .forges import Hosts
from .found import Found, Link
from .git import SCP_LIKE
from .pasted import link_and_branch

SHORTHAND = re.compile(r"(?P<repo>(?!\.)[\w.-]+/(?:(?P<gist>[0-9a-f]{32})|[\w.-]+))/?")
BINDER_PATH = re.compile(r"(?:.*?/)??v2/(?P<provider>[^/]+)/(?P<spec>.+)")
# A web address as browsers show it, without the scheme.
BARE_ADDRESS = re.compile(
    r"(?:(?:[a-z0-9-]+\.)+(?:[a-z]{2,}|\d{1,3})(?::\d+)?|[a-z0-9-]+:\d+)/.*", re.IGNORECASE
)
KNOWN_HOSTS = {*archives.HOSTS, *forges.VIEWERS, *forges.MIRRORS, forges.RAW, "mybinder.org"}
REF_IN_SPEC = {"gh": 2, "gist": 2, "gl": 1, "git": 1}
"""How many parts of a spec come before its ref, where it has one."""
LONGEST = 4096


@dataclass(frozen=True)
class Detected(Found):
    """What was found in the text; `directory` where it is one of this machine."""

    directory: Path | None = None

    @property
    def spec(self) -> str:
        """The provider's spec, percent-encoded: it can stand in a link as it is."""
        inner = "" if self.provider in ("gl", "git", "ckan") else "/"
        repo = quote(self.repo, safe=inner)
        if self.provider not in REF_IN_SPEC:
            return repo
        return f"{repo}/{quote(self.ref or 'HEAD', safe=inner)}"

    @property
    def urlpath(self) -> str:
        """What the server is to show first, as a link's `urlpath`; empty: its own first page."""
        starts = {"lab": "lab/tree/", "file": "doc/tree/"}
        return starts[self.kind] + quote(self.path) if self.kind in starts else self.path


@dataclass(frozen=True)
class Known:
    """What a link may lead to."""

    providers: Collection[str]
    """Their prefixes."""
    hosts: Hosts
    ssh_hosts: Hosts
    """For addresses of ssh: who is at this machine and says ssh has a key of their own."""


def detect(
    text: str,
    ref: str = "",
    providers: Collection[str] | None = None,
    *,
    hosts: Hosts = forges.HOSTS,
    here: bool = False,
) -> Detected:
    """Recognise a link to a repository or a dataset, a DOI, a clone URL or `user/repo`.

    `ref` wins over one that a link names. `providers` are the prefixes that there are; None: all.
    `hosts`: see `hosts_of`.
    `here`: for somebody at this machine, whose directories come first.
    Raises BinderError (400) for anything else.
    """
    text = text.strip()
    directory = _directory(text) if here else None
    if directory is not None:
        return _local(directory, ref)
    known = Known({*PROVIDERS, *(providers or ())}, hosts, {} if here else hosts)
    link, branch = link_and_branch(text[: LONGEST + 1])
    found = _find(link, ref or branch, known) if len(text) <= LONGEST else None
    if found is None:
        raise BinderError(
            f"{_shortened(text)!r} is {'no directory, and ' if here else ''}no repository that is "
            f"known here: give {'a directory, ' if here else ''}user/repo, a git URL, a DOI, or a "
            "link to GitHub, GitLab, a dataset or another BinderHub.",
            400,
        )
    if providers is not None and found.provider not in providers:
        found = _by_git(found, providers, hosts)
    if ref and found.provider not in REF_IN_SPEC:
        raise BinderError(f"{_shortened(text)!r} has no branches or tags: leave {ref!r} out.", 400)
    return Detected(**vars(found))


def hosts_of(providers: Mapping[str, type[RepoProvider]], config: Config) -> Hosts:
    """The hosts of GitHub, gists and GitLab, as their providers are configured."""
    hosts: dict[str, str] = {}
    for prefix, kind in providers.items():
        trait = kind.class_traits().get("hostname")
        host = str(trait.default_value) if trait else ""
        for section in kind.section_names():
            host = str(config[section].get("hostname", host))
        if prefix in forges.HOSTS.values():
            hosts.setdefault(host.lower(), prefix)
    return hosts


def _directory(text: str) -> Path | None:
    # RuntimeError: "~" of somebody who has no home here. The others: a name that cannot be one.
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        directory = Path(text).expanduser()
        if text and directory.is_dir():
            return directory.resolve()
    return None


def _local(directory: Path, ref: str) -> Detected:
    if ref:
        raise BinderError(
            f"A directory is launched as it stands: check out {ref!r} in {directory} instead."
        )
    if not directory.name:
        raise BinderError(f"{directory} is the whole machine: name a directory in it.")
    return Detected("local", directory.name, directory=directory)


def _find(text: str, ref: str, known: Known) -> Found | None:
    link = _link(text, known.hosts)
    if link is not None:
        if not link.is_web:
            return forges.from_clone_url(link, ref, known.ssh_hosts)
        return _from_link(forges.original(link), ref, known)
    doi = archives.from_doi(text)
    if doi is not None:
        return doi
    if SCP_LIKE.fullmatch(text):
        return forges.from_scp(text, ref, known.ssh_hosts)
    short = SHORTHAND.fullmatch(text)
    if short is None:
        return None
    provider = "gist" if short["gist"] else "gh"
    return Found(provider, short["repo"].removesuffix(".git"), ref)


def _link(text: str, hosts: Hosts) -> Link | None:
    """The text as a web address or clone URL; None when it is none."""
    bare = BARE_ADDRESS.fullmatch(text)
    if bare and (text.count("/") > 1 or _is_known(text.partition("/")[0], hosts)):
        text = f"https://{text}"
    if "://" not in text or not text.isprintable():
        return None
    with contextlib.suppress(ValueError):  # no URL after all
        parts = urlsplit(text)
        if parts.scheme and parts.hostname and " " not in parts.netloc:
            root = f"{parts.scheme}://{parts.netloc}/"
            host = parts.hostname.removeprefix("www.")
            if parts.port and parts.scheme in ("http", "https"):
                host += f":{parts.port}"
            return Link(text, root, host, parts.path.strip("/"), parts.query)
    return None


def _is_known(host: str, hosts: Hosts) -> bool:
    plain = host.lower().removeprefix("www.")
    return plain in KNOWN_HOSTS or plain in hosts


def _from_link(link: Link, ref: str, known: Known) -> Found | None:
    found = None
    if link.host not in {**forges.HOSTS, **known.hosts}:  # where any path may be a repository's
        found = _from_binder(link, ref, known) or archives.from_link(link)
    found = found or forges.from_link(link, ref, known.hosts)
    if found is None and not _is_known(link.host, known.hosts):
        return archives.from_portal(link) or forges.from_clone_url(link, ref, known.hosts)
    return found


def _from_binder(link: Link, ref: str, known: Known) -> Found | None:
    """A link to a BinderHub, this one or any other: `/v2/{provider}/{spec}?urlpath=…`."""
    linked = BINDER_PATH.fullmatch(link.path)
    if linked is None or linked["provider"] not in known.providers:
        return None
    provider, parts = linked["provider"], linked["spec"].split("/")
    before = REF_IN_SPEC.get(provider, len(parts))
    found = Found(
        provider,
        unquote("/".join(parts[:before])),
        ref or unquote("/".join(parts[before:])),
    )
    query = {name: values[-1] for name, values in parse_qs(link.query).items()}
    if query.get("labpath"):
        return replace(found, kind="file", path=query["labpath"].strip("/"))
    if query.get("filepath"):
        return replace(found, kind="url", path="tree/" + quote(query["filepath"].strip("/")))
    return _showing(found, query.get("urlpath", "").lstrip("/"))


def _showing(found: Found, urlpath: str) -> Found:
    for kind, start in (("lab", "lab/tree/"), ("file", "doc/tree/")):
        path = urlpath.removeprefix(start)
        if path != urlpath and not set(path) & set("?#"):
            return replace(found, kind=kind, path=unquote(path))
    return replace(found, kind="url", path=urlpath) if urlpath else found


def _by_git(found: Found, providers: Collection[str], hosts: Hosts) -> Found:
    """The same repository through the git provider, where its own is not among `providers`."""
    clone_url = forges.clone_url(found, {**forges.HOSTS, **hosts})
    if clone_url is None or "git" not in providers:
        raise BinderError(
            f"That is for the provider {found.provider!r}, which this server does not have: "
            f"it has {', '.join(providers)}.",
            400,
        )
    return replace(found, provider="git", repo=clone_url)


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"
