"""What logging in rests on: sessions in an encrypted cookie, and OAuth2's `state`.

In a session are the token that the hub gave for the person, and a mark of the browser that
ties a login to where it began. The front door keeps the cookie from users' servers.
"""

import hashlib
import secrets
import time
import warnings
from dataclasses import dataclass, field

import jwt
from aiohttp import web
from aiohttp.typedefs import Middleware
from aiohttp_session import Session, session_middleware
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from ..launch.hub_oauth import HubOAuth

# aiohttp would rather have other keys than aiohttp-session uses: nothing that users could mend.
warnings.filterwarnings("ignore", category=web.NotAppKeyWarning, module="aiohttp_session")

COOKIE = "binder-session"  # launch/proxy_preload.cjs knows it, too
SECONDS_TO_LOG_IN = 3600
ALGORITHM = "HS256"


@dataclass(frozen=True)
class Login:
    """How people log in; `key` encrypts sessions: 32 bytes, as hexadecimal digits."""

    oauth: HubOAuth
    key: str = field(repr=False)
    base_url: str = "/"

    def sessions(self, *, https: bool) -> Middleware:
        """The middleware that gives requests their session, as long as the browser is open."""
        # Cookies know no ports: two instances on one machine must not share a name.
        instance = hashlib.sha256(self.key.encode()).hexdigest()[:8]
        storage = EncryptedCookieStorage(
            bytes.fromhex(self.key),
            cookie_name=f"{COOKIE}-{instance}",
            path=self.base_url,
            secure=https,
            samesite="Lax",
        )
        return session_middleware(storage)

    def state(self, session: Session, target: str) -> str:
        """OAuth2's `state` for a login that begins in this session and ends at `target`."""
        claims = {
            "exp": int(time.time()) + SECONDS_TO_LOG_IN,
            "browser": session.setdefault("browser", secrets.token_urlsafe(16)),
            "target": target,
        }
        return jwt.encode(claims, self.key, algorithm=ALGORITHM)

    def target(self, session: Session, state: str) -> tuple[str, bool] | None:
        """Where a login with this `state` goes, and whether it began in this session.

        None for a state that is not ours or too old, and for a browser that keeps no session.
        """
        try:
            claims = jwt.decode(state, self.key, algorithms=[ALGORITHM])
        except jwt.InvalidTokenError:
            return None
        browser = session.get("browser")
        if not browser:
            return None
        return str(claims["target"]), secrets.compare_digest(claims["browser"], str(browser))
