"""What a log line must not tell."""

import pytest

from binderhub_lite.redaction import redact_query, redact_url


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://ada:geheim@host/x", "https://***@host/x"),
        ("/build/git/https%3A%2F%2Fgeheim%40host%2Fx/main", "https%3A%2F%2F***%40host%2Fx/main"),
        ("/v2/git/https%253a%252f%252fgeheim%2540host/main", "https%253a%252f%252f***%2540host"),
        ("git://host/ada@home", "git://host/ada@home"),
    ],
)
def test_of_a_url_all_is_told_but_who_asks(text: str, told: str) -> None:
    assert told in redact_url(text)
    assert "geheim" not in redact_url(text)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("build_token=geheim&x=1", "build_token=***&x=1"),
        ("Authorization=Bearer%20geheim", "Authorization=***"),
        ("urlpath=lab%3Ftoken%3Dgeheim%26x%3D1", "urlpath=lab%3Ftoken%3D***%26x%3D1"),
        ("urlpath=git-pull%3Frepo%3Dhttps%3A%2F%2Fgeheim%40host", "https%3A%2F%2F***%40host"),
        ("urlpath=lab%2Ftree%2Ftokens.ipynb", "urlpath=lab%2Ftree%2Ftokens.ipynb"),
    ],
)
def test_of_a_query_all_is_told_but_secrets(query: str, told: str) -> None:
    assert told in redact_query(query)
    assert "geheim" not in redact_query(query)
