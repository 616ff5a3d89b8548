"""Links to places where people keep git repositories: GitHub, gists, GitLab and their like."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import unquote

from .found import Found, Link
from .git import SCP_LIKE

GITHUB, GIST, GITLAB = "github.com", "gist.github.com", "gitlab.com"
BITBUCKET = "bitbucket.org"
Hosts = Mapping[str, str]
"""Which host's repositories are which provider's: prefixes by host."""
HOSTS: Hosts = MappingProxyType({GITHUB: "gh", GIST: "gist", GITLAB: "gl"})

RAW = "raw.githubusercontent.com"
MIRRORS = {"github.dev": GITHUB, "gist.githubusercontent.com": GIST}
"""Hosts that have the paths of others."""
# They show notebooks of GitHub's, at a path that begins with `github/` or `gist/`.
VIEWERS = ("nbviewer.org", "nbviewer.jupyter.org", "colab.research.google.com")
VIEWED = {"github": GITHUB, "gist": GIST}

NAME = r"[A-Za-z0-9._-]+"
GITHUB_PATH = re.compile(rf"(?P<repo>(?P<user>{NAME})/{NAME})(?:/(?P<page>.*))?")
GIST_PATH = re.compile(
    rf"(?:(?P<user>{NAME})/)?(?P<id>[0-9a-f]{{5,40}})(?:/(?P<ref>[0-9a-f]{{40}}))?"
    # The number in a link to a raw file is the file's: it is no commit.
    r"(?:/raw/(?:[0-9a-f]{40}/)?(?P<file>.+)|/.*)?"
)
GITLAB_PATH = re.compile(
    r"(?P<repo>[^/]+(?:/[^/]+)+?)"
    r"(?:/(?:-/)?(?P<page>(?:tree|blob|raw|blame|commits?|tags)/.+)|/-/.*)?"
)
BITBUCKET_PATH = re.compile(r"(?P<repo>[^/]+/[^/]+)(?:/(?P<kind>src|raw)/(?P<tail>.+)|/.*)?")
# As GitLab (`-/tree/…`), GitHub Enterprise (`tree/…`) and Gitea (`src/branch/…`) write it.
ANY_FORGE_PATH = re.compile(
    r"(?P<repo>[^/]+(?:/[^/]+)+?)/"
    r"(?P<page>(?:-/)?(?:tree|blob|raw|edit|blame|commits?|tags)/.+"
    r"|(?:src|raw)/(?:branch|tag|commit)/.+)"
)
PAGE = re.compile(
    r"(?:-/)?(?P<kind>(?:src|raw)/(?:branch|tag|commit)|tree|blob|raw|edit|blame|commits?|tags"
    r"|releases/tag|archive)/(?P<tail>.+)"
)
FILE_PAGES = ("blob", "raw", "edit", "blame")
REF_PAGES = ("commit", "commits", "tags", "releases/tag", "archive")
ARCHIVE = re.compile(r"\.(?:zip|tar|tar\.gz|tar\.bz2|bundle)$")
# A link to a folder does not say where the ref ends: these are refs, whatever comes after.
USUAL_REF = re.compile(r"HEAD|main|master|develop|dev|trunk|v?\d+(?:\.\d+)*|[0-9a-f]{7,40}")


def from_link(link: Link, ref: str, hosts: Hosts = HOSTS) -> Found | None:
    """What a page of a known kind shows; None for any other. `ref` wins over the link's."""
    if link.host in hosts:
        return _at_host(link.host, link.path, ref, hosts)
    if link.host == BITBUCKET:
        return _from_bitbucket(link, ref)
    page = ANY_FORGE_PATH.fullmatch(link.path)
    if page is None:
        return None
    return _on_page(Found("git", link.root + page["repo"]), page["page"], ref)


def from_clone_url(link: Link, ref: str, hosts: Hosts = HOSTS) -> Found | None:
    """A repository by the URL that git takes; None where it is none."""
    repository = _at_host(link.host, link.path, ref, hosts)
    return repository or (Found("git", link.text, ref) if " " not in link.text else None)


def from_scp(text: str, ref: str, hosts: Hosts = HOSTS) -> Found:
    """A repository by ssh's short form, `git@host:path`."""
    parts = SCP_LIKE.fullmatch(text)
    assert parts is not None
    repository = _at_host(parts["host"], parts["path"].strip("/"), ref, hosts)
    return repository or Found("git", text, ref)


def clone_url(found: Found, hosts: Hosts = HOSTS) -> str | None:
    """Where git finds what is at one of the hosts; None for anything else."""
    for host, provider in hosts.items():
        if provider == found.provider:
            path = found.repo.rpartition("/")[2] if provider == "gist" else found.repo
            return f"https://{host}/{path}.git"
    return None


def original(link: Link) -> Link:
    """The page of GitHub's that a viewer shows, or whose raw file it is; any other link itself."""
    first, _, rest = link.path.partition("/")
    if link.host == RAW:
        second, _, tail = rest.partition("/")
        return replace(
            link, root=f"https://{GITHUB}/", host=GITHUB, path=f"{first}/{second}/raw/{tail}"
        )
    if link.host in MIRRORS:
        host, path = MIRRORS[link.host], link.path
    elif link.host in VIEWERS and first in VIEWED:
        host, path = VIEWED[first], rest
    else:
        return link
    return replace(link, root=f"https://{host}/", host=host, path=path)


def _at_host(host: str, path: str, ref: str, hosts: Hosts) -> Found | None:
    """What a path is at a host that has a provider; None where it is no repository's."""
    provider = hosts.get(host)
    if provider == "gh":
        return _from_github(path, ref)
    if provider == "gist":
        return _from_gist(host, path, ref)
    return _from_gitlab(path, ref) if provider == "gl" else None


def _from_github(path: str, ref: str) -> Found | None:
    linked = GITHUB_PATH.fullmatch(path)
    if linked is None:
        return None
    found = Found("gh", linked["repo"].removesuffix(".git"), ref)
    return _on_page(found, linked["page"] or "", ref)


def _from_gist(host: str, path: str, ref: str) -> Found | None:
    linked = GIST_PATH.fullmatch(path.removesuffix(".git"))
    if linked is None:
        return None
    ref = ref or linked["ref"] or ""
    if linked["user"] is None:  # a spec needs one; git does not
        return Found("git", f"https://{host}/{linked['id']}.git", ref)
    file = unquote(linked["file"] or "")
    return Found("gist", f"{linked['user']}/{linked['id']}", ref, "file" if file else "", file)


def _from_bitbucket(link: Link, ref: str) -> Found | None:
    linked = BITBUCKET_PATH.fullmatch(link.path)
    if linked is None:
        return None
    found = Found("git", link.root + linked["repo"], ref)
    return _at(found, linked["kind"], linked["tail"], ref) if linked["tail"] else found


def _from_gitlab(path: str, ref: str) -> Found | None:
    linked = GITLAB_PATH.fullmatch(path)
    if linked is None:
        return None
    found = Found("gl", unquote(linked["repo"]).removesuffix(".git"), ref)
    return _on_page(found, linked["page"] or "", ref)


def _on_page(found: Found, page: str, ref: str) -> Found:
    """The repository, at the ref and path that one of its pages shows."""
    shown = PAGE.fullmatch(page)
    return _at(found, shown["kind"], shown["tail"], ref) if shown else found


def _at(found: Found, kind: str, tail: str, ref: str) -> Found:
    """`tail` is a ref and, maybe, a path: nothing but the repository knows where one ends.

    In a link to a file, the ref has no slash. In one to a folder it has, but for the usual
    names of branches and tags. `feature%2Fx/folder` says it, and so does `ref`.
    """
    tail = tail.removeprefix("refs/heads/").removeprefix("refs/tags/")
    is_file = kind.partition("/")[0] in FILE_PAGES
    if kind in REF_PAGES:
        linked_ref = ARCHIVE.sub("", tail) if kind == "archive" else tail
        first = tail.partition("/")[0]
        if kind == "commits" and USUAL_REF.fullmatch(first):  # maybe of one file
            linked_ref = first
        return Found(found.provider, found.repo, ref or unquote(linked_ref))
    if ref and unquote(tail).startswith(f"{ref}/"):
        linked_ref, path = ref, unquote(tail).removeprefix(f"{ref}/")
    else:
        first, _, rest = tail.partition("/")
        is_ref = is_file or USUAL_REF.fullmatch(first) or "%" in first
        linked_ref, path = (first, rest) if is_ref else (tail, "")
        linked_ref, path = unquote(linked_ref), unquote(path)
    shows = ("file" if is_file else "lab") if path else ""
    return Found(found.provider, found.repo, ref or linked_ref, shows, path)
