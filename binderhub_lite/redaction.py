"""What logs and lists must not tell: passwords and tokens of URLs."""

import re
from urllib.parse import unquote, urlsplit

MASK = "***"
# `user:password@` of a URL, also of one that is percent-encoded inside another, once or twice.
USER_INFO = re.compile(
    r"(?P<slashes>(?::|%(?:25)*3A)(?:/|%(?:25)*2F){2})"
    r"(?:(?!/|%(?:25)*2F|\?|%(?:25)*3F|\s).)+?(?P<at>@|%(?:25)*40)",
    re.IGNORECASE,
)
SECRETS = "token|secret|password|api_?key"
SECRET = re.compile(rf"{SECRETS}|authorization|^code$|^state$", re.IGNORECASE)
# `?token=…` of a URL inside another, such as `urlpath=lab%3Ftoken%3D…`.
NESTED_SECRET = re.compile(
    rf"(?P<name>(?:{SECRETS})(?:=|%(?:25)*3D))(?:(?!&|%(?:25)*26).)+",
    re.IGNORECASE,
)


def redact_url(text: str) -> str:
    """The text with the user and password of every URL in it masked."""
    return USER_INFO.sub(rf"\g<slashes>{MASK}\g<at>", text)


def holds_secret(url: str) -> bool:
    """Whether a clone URL has a password or a token in it; `git@` of an ssh address is none."""
    parts = urlsplit(url)
    return parts.password is not None or bool(parts.username and parts.scheme.startswith("http"))


def redact_query(query: str) -> str:
    """A URL's query, as it was sent, with the values of whatever may be a secret masked."""
    return "&".join(_redact_parameter(parameter) for parameter in query.split("&"))


def _redact_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if value and SECRET.search(unquote(name)):
        return f"{name}{equals}{MASK}"
    return NESTED_SECRET.sub(rf"\g<name>{MASK}", redact_url(parameter))
