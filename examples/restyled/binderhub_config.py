"""The pages of a summer school: an example of everything that can be restyled.

    binderhub-lite -f examples/restyled/binderhub_config.py

`make dev CONFIG=examples/restyled/binderhub_config.py` shows them while you change them.
"""

from pathlib import Path

HERE = Path(__file__).parent

# Templates that come before ours, each extending the one that it replaces, and what they say.
c.BinderHub.template_path = str(HERE / "templates")
c.BinderHub.template_variables = {
    "school": "Northfield Summer School",
    "contact": "office@northfield.example",
}

# Pictures and styles of one's own; a template finds them by extra_static_url("logo.svg").
c.BinderHub.extra_static_path = str(HERE / "static")

# For a few words, no template is needed.
c.BinderHub.default_opengraph_title = "Northfield Summer School"
c.BinderHub.banner_message = (
    "<p>The dome is open tonight from nine. <strong>Bring a coat.</strong></p>"
)
c.BinderHub.about_message = (
    "<p>These servers stand in the cellar below the telescope, and sleep from noon to four.</p>"
)

# Anything for the head of all pages, and scripts for their ends.
c.BinderHub.extra_header_html = {
    "theme": '<meta name="theme-color" content="#0c1230">',
}
c.BinderHub.extra_footer_scripts = {
    "greeting": """
        const hour = new Date().getHours();
        const greeting = document.getElementById("greeting");
        if (greeting) {
          greeting.textContent = hour < 5 || hour > 20 ? "Clear skies tonight" : "Good day";
        }
    """,
}
