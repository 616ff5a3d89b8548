"""What the pages show."""

from traitlets import Dict, HasTraits, List, Unicode, Union


class PageOptions(HasTraits):
    """What the pages show."""

    about_message = Unicode(help="HTML for the about page.").tag(config=True)
    banner_message = Unicode(help="HTML for the top of every page.").tag(config=True)
    badge_base_url = Unicode(
        help="Public URL that badges and links begin with. Default: the one of each request."
    ).tag(config=True)
    default_opengraph_title = Unicode(
        "binderhub-lite", help="Title of the home page in social previews."
    ).tag(config=True)
    extra_header_html = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="HTML for the head of every page; keys only give the order.",
    ).tag(config=True)
    extra_footer_scripts = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="JavaScript for the end of every page, without <script>; keys only give the order.",
    ).tag(config=True)
    template_path = Union(
        [Unicode(), List(Unicode())],
        default_value="",
        help="Directory (or a list of them) whose templates come before ours.",
    ).tag(config=True)
    template_variables = Dict(help="More variables for templates.").tag(config=True)
