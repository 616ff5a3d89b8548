"""Static files: what their addresses promise, and that nothing else is handed out."""

import gzip
import os
import re
from pathlib import Path

import pytest

from .conftest import Serve, Served

KEPT = "public, max-age=31536000, immutable"


async def test_bundled_files_are_named_by_their_content_and_kept_for_ever(served: Served) -> None:
    page = await served.get("/v2/gh/user/repo/HEAD")

    bundled = re.findall(r'(?:src|href)="(/static/dist/[^"]+)"', page.text)
    assert len(bundled) == 3
    for address in bundled:
        assert re.fullmatch(r"/static/dist/(page|loading)-[A-Z0-9]{8}\.(css|js)", address)
        answer = await served.get(address)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, KEPT)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_bundled_files_travel_compressed(served: Served) -> None:
    page = await served.get("/")
    (address,) = re.findall(r'src="(/static/dist/home[^"]+)"', page.text)
    url = served.origin + address

    async with served.http.get(
        url, headers={"Accept-Encoding": "gzip"}, auto_decompress=False
    ) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        compressed = await answer.read()
    plain = await served.get(address, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(compressed) == plain.body


async def test_pages_travel_compressed(served: Served) -> None:
    answer = await served.get("/", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] in ("gzip", "deflate")
    assert "launch-form" in answer.text


async def test_other_files_have_a_version_that_follows_their_content(
    serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "about.html").write_text("{{ extra_static_url('logo.svg') }}")
    served = await serve(extra_static_path=str(tmp_path), template_path=str(tmp_path / "own"))

    first = (await served.get("/about")).text
    answer = await served.get(first)
    assert (answer.text, answer.headers["Cache-Control"]) == ("<svg/>", KEPT)

    (tmp_path / "logo.svg").write_text("<svg></svg>")
    os.utime(tmp_path / "logo.svg", ns=(1, 1))
    second = (await served.get("/about")).text
    assert second != first
    assert (await served.get(second)).headers["Cache-Control"] == KEPT
    for old in (first, "/extra_static/logo.svg"):
        answer = await served.get(old)
        assert (answer.text, answer.headers["Cache-Control"]) == ("<svg></svg>", "no-cache")
        again = await served.get(old, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304


@pytest.mark.parametrize(
    ("prefix", "address"),
    [
        ("/extra_static/", "/b/extra_static/deep/a%20b.css"),
        ("more", "/b/more/deep/a%20b.css"),
        ("/static/ours", "/b/static/ours/deep/a%20b.css"),
    ],
)
async def test_own_files_are_where_the_prefix_says(
    serve: Serve, tmp_path: Path, prefix: str, address: str
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a b.css").write_text("body {}")
    served = await serve(
        base_url="/b/", extra_static_path=str(tmp_path), extra_static_url_prefix=prefix
    )

    answer = await served.get(address)

    assert (answer.status, answer.text) == (200, "body {}")
    assert answer.headers["Content-Type"].startswith("text/css")
    assert (await served.get(address, "HEAD")).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "",
        "deep",
        "deep/",
        "none.css",
        "../secret",
        "deep/../../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "%2fetc/passwd",
        "/etc/passwd",
        "%00",
        "x" * 3000,
    ],
)
async def test_nothing_else_is_handed_out(serve: Serve, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "files" / "deep").mkdir(parents=True)
    served = await serve(extra_static_path=str(tmp_path / "files"))

    for folder in ("static", "extra_static"):
        page = await served.get(f"/{folder}/{path}")
        assert page.status == 404
        assert page.page_config["baseUrl"] == "/"


async def test_no_folder_no_route(served: Served) -> None:
    assert (await served.get("/extra_static/pyproject.toml")).status == 404
