"""What may run and load on the pages: their Content-Security-Policy, and its nonces.

Strict by itself: nothing but the server's own files, and of inline scripts and styles only
those that carry the page's nonce. What the configuration brings along extends it.
"""

import secrets
from collections.abc import Mapping
from html.parser import HTMLParser
from itertools import accumulate
from typing import Any

from jinja2.ext import Extension

NONCE = "{nonce}"

STRICT = {
    "default-src": "'none'",
    "script-src": f"'self' 'nonce-{NONCE}'",
    "style-src": f"'self' 'nonce-{NONCE}'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
    "base-uri": "'none'",
}
FOR_MESSAGES = {"style-src-attr": "'unsafe-inline'", "img-src": "* data:"}
"""What HTML from the configuration (banner, about) may have beside text."""
FOR_SCRIPTS = {
    # A script that carries the nonce may load others, as those of web analytics do.
    "script-src": "'strict-dynamic'",
    "style-src": "*",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "* data:",
    "font-src": "* data:",
    "connect-src": "*",
    "frame-src": "*",
    "media-src": "*",
}
"""What scripts and templates of one's own may do: they are trusted as ours are."""


class ContentSecurity:
    """The policy of a site's pages."""

    def __init__(
        self, *, messages: bool, scripts: bool, more: Mapping[str, str], hub: str = ""
    ) -> None:
        """`messages` and `scripts` say what the configuration brings along.

        `more` are sources by directive; `hub` is the hub's origin, where it has its own.
        """
        parts = [
            STRICT,
            FOR_MESSAGES if messages else {},
            FOR_SCRIPTS if scripts else {},
            {"form-action": hub},  # which redirects of a form's answer have to follow, too
            more,
        ]
        directives: dict[str, list[str]] = {}
        for part in parts:
            for name, sources in part.items():
                directives.setdefault(name, []).extend(sources.split())
        self._template = "; ".join(
            f"{name} {' '.join(dict.fromkeys(sources))}" for name, sources in directives.items()
        )

    def header(self, nonce: str) -> str:
        """The value of the header for a page with this nonce."""
        return self._template.replace(NONCE, nonce)


def new_nonce() -> str:
    """A value that nobody can guess, for one page."""
    return secrets.token_urlsafe(16)


def with_nonces(html: str, nonce: str) -> str:
    """HTML whose <script> and <style> tags carry a nonce, unless they have one."""
    for place in reversed(_TagsInNeed(html).places):
        html = f'{html[:place]} nonce="{nonce}"{html[place:]}'
    return html


class NoncesInTemplates(Extension):
    """Gives every <script> and <style> that stands in a template the page's nonce.

    In the template and not in the page: what a template only repeats gets none.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return with_nonces(source, "{{ csp_nonce }}")


class _TagsInNeed(HTMLParser):
    """Finds where, in HTML, attributes of tags begin that need a nonce.

    A parser, because `"<script>"` inside a script is none.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.places: list[int] = []
        self._lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        if tag in ("script", "style") and "nonce" not in dict(attrs):
            line, column = self.getpos()
            self.places.append(self._lines[line - 1] + column + len(f"<{tag}"))
