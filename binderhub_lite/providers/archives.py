"""DOIs, and links to places where people publish datasets and software."""

import re
from urllib.parse import parse_qs, unquote

from .found import Found, Link

HOSTS = (
    "doi.org",
    "dx.doi.org",
    "zenodo.org",
    "sandbox.zenodo.org",
    "figshare.com",
    "hydroshare.org",
)
DOI = re.compile(
    r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:|doi\s)?\s*"
    r"(?P<doi>10\.\d{4,9}/\S*[^\s.])\.?",  # the end of a sentence is none of it
    re.IGNORECASE,
)
ZENODO_DOI = re.compile(r"10\.\d+/zenodo\.\d+", re.IGNORECASE)
FIGSHARE_DOI = re.compile(r"10\.\d+/(?:.*figshare\.\d+(?:\.v\d+)?|.*\.\d+\.v\d+)", re.IGNORECASE)
HYDROSHARE_DOI = re.compile(r"10\.4211/hs\.[0-9a-f]{32}", re.IGNORECASE)

ZENODO_PREFIXES = {"zenodo.org": "10.5281", "sandbox.zenodo.org": "10.5072"}
ZENODO_PATH = re.compile(r"records?/(?P<id>\d+)(?:/(?:files|preview)/(?P<file>.+)|/.*)?")
ZENODO_DOI_PATH = re.compile(r"(?:doi|badge/DOI)/(?P<doi>10\..+?)(?:\.svg)?", re.IGNORECASE)
FIGSHARE_PATH = re.compile(r"articles/(?:[^/]+/){1,2}(?P<id>\d+)(?:/(?P<version>\d+))?")
HYDROSHARE_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
DATAVERSE_PAGES = ("dataset.xhtml", "file.xhtml", "citation")
CKAN_PATH = re.compile(
    r"(?P<dataset>(?:.*/)?dataset/(?!new$)[^/]+)(?P<history>/history/[^/]+)?(?:/.*)?"
)


def from_doi(text: str) -> Found | None:
    """A DOI in any of its forms; None for anything else.

    Many places have their own DOIs, and not all can be told by their looks: one that cannot
    be is taken for a Dataverse's, of which there are most.
    """
    named = DOI.fullmatch(text)
    if named is None:
        return None
    doi = named["doi"]
    if ZENODO_DOI.fullmatch(doi):
        return Found("zenodo", doi)
    if HYDROSHARE_DOI.fullmatch(doi):
        return Found("hydroshare", doi)
    if FIGSHARE_DOI.fullmatch(doi):
        return Found("figshare", doi)
    return Found("dataverse", doi)


def from_link(link: Link) -> Found | None:
    """What a page of a known kind shows; None for any other."""
    host = link.host
    if host in ("doi.org", "dx.doi.org"):
        return from_doi(unquote(link.path))
    if host in ZENODO_PREFIXES:
        return _from_zenodo(unquote(link.path), ZENODO_PREFIXES[host])
    if host == "figshare.com" or host.endswith(".figshare.com"):
        return _from_figshare(link.path)
    if host == "hydroshare.org":
        return _from_hydroshare(link.path)
    return _from_dataverse(link)


def _from_zenodo(path: str, prefix: str) -> Found | None:
    doi = ZENODO_DOI_PATH.fullmatch(path)
    if doi:
        return from_doi(doi["doi"])
    record = ZENODO_PATH.fullmatch(path)
    if record is None:
        return None
    file = record["file"] or ""
    return Found("zenodo", f"{prefix}/zenodo.{record['id']}", "", "file" if file else "", file)


def _from_figshare(path: str) -> Found | None:
    article = FIGSHARE_PATH.fullmatch(path)
    if article is None:
        return None
    version = f".v{article['version']}" if article["version"] else ""
    return Found("figshare", f"10.6084/m9.figshare.{article['id']}{version}")


def _from_hydroshare(path: str) -> Found | None:
    resource = HYDROSHARE_ID.search(path)
    return Found("hydroshare", resource[0]) if resource else None


def _from_dataverse(link: Link) -> Found | None:
    if link.path.rpartition("/")[2] not in DATAVERSE_PAGES:
        return None
    identifier = parse_qs(link.query).get("persistentId", [""])[0]
    named = DOI.fullmatch(identifier)
    return Found("dataverse", named["doi"]) if named else None


def from_portal(link: Link) -> Found | None:
    """What a path says that may be a dataset's page of a CKAN portal, on any host."""
    page = CKAN_PATH.fullmatch(link.path)
    if page is None or link.path.endswith(".git"):
        return None
    activity = parse_qs(link.query).get("activity_id", [""])[0]
    query = f"?activity_id={activity}" if activity and not page["history"] else ""
    return Found("ckan", f"{link.root}{page['dataset']}{page['history'] or ''}{query}")
