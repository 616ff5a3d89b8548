"""Figshare: articles, which are data or software that have a DOI."""

import re
from typing import Any, ClassVar
from urllib.parse import quote

from traitlets import Unicode

from ..events import BinderError
from .answer import Answer
from .doi import SAFE_IN_LINK, DoiProvider, display

ARTICLE = re.compile(r"10\.\d+/(?:.*[./])?(?P<id>\d+)(?:\.v(?P<version>\d+))?", re.IGNORECASE)
VERSION = re.compile(r"\.v\d+$", re.IGNORECASE)
OF_FIGSHARE_ITSELF = "10.6084/m9.figshare."


class FigshareProvider(DoiProvider):
    """`{DOI}`: an article on Figshare or on an institution's part of it.

    A DOI that ends in `.v2` is that version; one without is the newest.
    """

    api_base_path = Unicode("https://api.figshare.com/v2", help="The root of the web API.").tag(
        config=True
    )

    content_provider: ClassVar[str] = "Figshare"
    display_config: ClassVar[dict[str, Any]] = display(
        "FigShare", "figshare", "10.6084/m9.figshare.9782777.v1"
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._article: _Article | None = None

    def own_urls(self) -> list[str]:
        return [self.api_base_path]

    async def get_resolved_ref(self) -> str | None:
        if self._article is None:
            self._article = await self._find_article()
        return self._article.ref if self._article else None

    async def _find_article(self) -> "_Article | None":
        """The article, from Figshare's API ("view article details", "… version details")."""
        named = ARTICLE.fullmatch(self.doi)
        if named is None:
            return None
        url = f"{self.api_base_path.rstrip('/')}/articles/{named['id']}"
        if named["version"]:
            url += f"/versions/{named['version']}"
        answer = await self.ask(url)
        article = _Article(answer) if answer else None
        # Another archive's DOI may end in the number of an article, too.
        return article if article and self._is_of(article) else None

    def _is_of(self, article: "_Article") -> bool:
        asked = VERSION.sub("", self.doi).lower()
        return asked.startswith(OF_FIGSHARE_ITSELF) or VERSION.sub("", article.doi).lower() == asked

    async def get_resolved_spec(self) -> str:
        await self.get_resolved_ref()
        doi = self._article.doi if self._article else self.doi
        return quote(doi, safe=SAFE_IN_LINK)

    def get_repo_url(self) -> str:
        if self._article is None:
            return f"https://doi.org/{self.doi}"
        # Of a DOI, repo2docker only knows those of figshare.com itself (its issue 947). Of an
        # address like this, it reads the two numbers; a browser gets there, too.
        return f"https://figshare.com/articles/_/{self._article.id}/{self._article.version}"

    async def get_resolved_ref_url(self) -> str:
        return f"https://doi.org/{await self.get_resolved_spec()}"

    def get_build_slug(self) -> str:
        return f"figshare-{self._article.ref if self._article else self.doi}"


class _Article:
    """One version of an article, as the API tells of it."""

    def __init__(self, answer: Answer) -> None:
        """Raises BinderError: 502 for an answer that makes no sense, 403 for an embargo."""
        with answer.making_sense() as told:
            self.id, self.version = int(told["id"]), int(told["version"])
            doi = str(told.get("doi") or f"{OF_FIGSHARE_ITSELF}{self.id}")
            embargoed = bool(told.get("is_embargoed"))
        self.doi = f"{VERSION.sub('', doi)}.v{self.version}"
        self.ref = f"{self.id}.v{self.version}"
        if embargoed:
            raise BinderError(f"The files of {self.doi} are under embargo at Figshare.", 403)
