"""What the pages show."""

import logging
from pathlib import Path
from typing import Any

from traitlets import Callable, Dict, HasTraits, List, TraitError, Unicode, Union, validate

from ..web.site import PageSettings

log = logging.getLogger(__name__)


class PageOptions(HasTraits):
    """What the pages show."""

    about_message = Unicode(help="HTML for the about page.").tag(config=True)
    banner_message = Unicode(help="HTML for the top of every page.").tag(config=True)
    badge_base_url = Union(
        [Unicode(), Callable()],
        default_value="",
        help="Public URL that badges and links begin with, or a function that gives it for a "
        "request: as BinderHub's, it reads handler.request.headers, .host, .remote_ip and the "
        "like, and handler.get_argument(name, default). Empty: the one by which the request came.",
    ).tag(config=True)
    google_analytics_code = Unicode(
        None,
        allow_none=True,
        help="Measurement ID of Google Analytics. Not loaded in browsers that ask not to be "
        "tracked. Without it, pages load nothing from other sites.",
    ).tag(config=True)
    google_analytics_domain = Unicode(
        "auto", help="Domain of Google Analytics' cookies; auto: the widest that is possible."
    ).tag(config=True)
    default_opengraph_title = Unicode(
        "binderhub-lite", help="Title of the home page in social previews."
    ).tag(config=True)
    extra_header_html = Dict(
        value_trait=Unicode(),
        help="HTML for the head of every page; keys only give the order.",
    ).tag(config=True)
    extra_footer_scripts = Dict(
        value_trait=Unicode(),
        help="JavaScript for the end of every page, without <script>; keys only give the order.",
    ).tag(config=True)
    template_path = Union(
        [Unicode(), List(Unicode())],
        default_value="",
        help="Directory (or a list of them) whose templates come before ours.",
    ).tag(config=True)
    template_variables = Dict(help="More variables for templates.").tag(config=True)
    extra_static_path = Unicode(
        help="Directory of one's own static files: pictures, stylesheets, scripts."
    ).tag(config=True)
    extra_static_url_prefix = Unicode(
        "/extra_static/", help="The path, below base_url, at which they are."
    ).tag(config=True)
    content_security_policy = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="What pages may load beside what they bring along: sources by directive of the "
        "Content-Security-Policy, such as {'img-src': 'https://logos.example.org'}.",
    ).tag(config=True)

    @validate("extra_static_url_prefix")
    def _is_a_folder_of_its_own(self, proposal: Any) -> str:
        inner = proposal.value.strip("/")
        if not inner:
            raise TraitError(
                "extra_static_url_prefix needs a name, such as '/extra_static/': "
                "all pages lie below '/' already."
            )
        return f"/{inner}/"

    @validate("badge_base_url")
    def _slash_at_the_end(self, proposal: Any) -> Any:
        url = proposal.value
        return f"{url.rstrip('/')}/" if url and isinstance(url, str) else url

    def page_settings(self) -> PageSettings:
        given = self.template_path
        paths = [given] if isinstance(given, str) and given else list(given)
        _warn_of_missing("template_path", paths)
        _warn_of_missing("extra_static_path", [self.extra_static_path])
        return PageSettings(
            about_message=self.about_message,
            banner_message=self.banner_message,
            badge_base_url=self.badge_base_url,
            google_analytics_code=self.google_analytics_code or "",
            google_analytics_domain=self.google_analytics_domain,
            opengraph_title=self.default_opengraph_title,
            extra_header_html=_in_order(self.extra_header_html),
            extra_footer_scripts=self.extra_footer_scripts,
            extra_static_path=self.extra_static_path,
            extra_static_url_prefix=self.extra_static_url_prefix,
            content_security_policy=self.content_security_policy,
            template_path=paths,
            template_variables=self.template_variables,
        )


def _warn_of_missing(option: str, paths: list[str]) -> None:
    for path in paths:
        if path and not Path(path).is_dir():
            log.warning("%s: there is no directory %r, so nothing comes from there.", option, path)


def _in_order(snippets: dict[Any, str]) -> list[str]:
    return [snippets[key] for key in sorted(snippets)]
