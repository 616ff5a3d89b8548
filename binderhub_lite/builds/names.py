"""Names of images and build containers: pure functions of what they stand for."""

import re
import string
from hashlib import sha256

import escapism

SAFE = string.ascii_lowercase + string.digits
# Docker refuses more than 255 characters for a repository and 128 for a tag.
LONGEST_REPOSITORY = 255
LEGAL_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def image_name(prefix: str, slug: str, repo_url: str, ref: str) -> str:
    """The image of a repository at a resolved ref: `{prefix}{slug}-{hash6}:{ref}`.

    Always a legal Docker name. The same arguments give the same name at any time.
    """
    escaped = escapism.escape(slug, safe=SAFE, escape_char="-").lower()
    ending = "-" + _digest(slug, repo_url)[:6]
    start = "" if escaped[:1] in set(SAFE) else "r"
    room = LONGEST_REPOSITORY - len(prefix) - len(start) - len(ending)
    if len(escaped) > room:
        ending = "-" + _digest(slug, repo_url)[:32]
        room = LONGEST_REPOSITORY - len(prefix) - len(start) - len(ending)
        escaped = escaped[:room].rstrip("-")
    return f"{prefix}{start}{escaped}{ending}:{_tag(ref)}"


def container_name(namespace: str, repo_url: str, ref: str, image: str) -> str:
    """The one build container of an image in a namespace.

    The daemon refuses a second container of that name: that is the lock.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", image.rpartition(":")[0].rpartition("/")[2])
    digest = _digest(namespace, repo_url, ref, image)[:16]
    return f"binderhub-lite-build-{readable.strip('-')[:40]}-{digest}"


def _tag(ref: str) -> str:
    return ref if LEGAL_TAG.fullmatch(ref) else f"x-{_digest(ref)[:40]}"


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()
