"""Build tokens: proof that a build was asked for from one of our own pages.

JWT, HS256, with the claims that BinderHub's tokens have: `exp`, `aud` (the provider and
spec that it is for) and `origin` (the host of the page).
"""

import time
import warnings
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import jwt
from aiohttp import web

from ..events import BinderError
from .request_facts import RequestFacts

ALGORITHM = "HS256"
# PyJWT would say it each time; the option says it once.
warnings.filterwarnings("ignore", message="The HMAC key is .* bytes long")


@dataclass(frozen=True)
class BuildTokens:
    """Makes and checks tokens with one secret; `lifetime` in seconds."""

    secret: str | bytes = field(repr=False)
    facts: RequestFacts
    lifetime: int = 300
    check_origin: bool = True

    def make(self, audience: str, request: web.Request) -> str:
        """A token for the build `{provider}/{spec}`, good for pages of the request's host."""
        claims = {
            "exp": int(time.time()) + self.lifetime,
            "aud": audience,
            "origin": self._host_of_page(request),
        }
        return jwt.encode(claims, self.secret, algorithm=ALGORITHM)

    def check(self, token: str, audience: str, request: web.Request, leeway: float = 0) -> None:
        """Raise BinderError (403) unless `token` is good for this build from this host.

        It may have expired `leeway` seconds ago.
        """
        try:
            claims = jwt.decode(
                token, self.secret, algorithms=[ALGORITHM], audience=audience, leeway=leeway
            )
        except jwt.ExpiredSignatureError:
            raise BinderError("The page has expired: reload it to try again.", 403) from None
        except jwt.InvalidTokenError:
            raise BinderError("Invalid build token: reload the page to try again.", 403) from None
        if self.check_origin and claims.get("origin") != self._host_of_page(request):
            raise BinderError("The build token belongs to a page of another host.", 403)

    def _host_of_page(self, request: web.Request) -> str:
        """The host of the page that asks; a browser names it only in some requests."""
        origin = request.headers.get("Origin", "")
        try:
            return urlsplit(origin).netloc or self.facts.host(request)
        except ValueError:
            return origin  # no page's: it is like no other
