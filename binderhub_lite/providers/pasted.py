"""The one link in what people paste: out of a README, a mail or a terminal."""

import re

# A link's way in Markdown, HTML and reStructuredText: a badge, say, copied from a README.
MARKUP = re.compile(r"(?:!?\[|<|\.\. )")
LINK_IN_MARKUP = re.compile(r"https?://[^\s()<>\"'\[\]]+(?<!\.svg)(?<!\.png)(?=[\s()<>\"'\[\]]|$)")
AROUND = (('"', '"'), ("'", "'"), ("`", "`"), ("(", ")"), ("“", "”"))
COMMAND = re.compile(r"(?:\$ )?(?:git clone|gh repo clone)\s+(?P<arguments>.+)")
BRANCH = re.compile(r"(?:^|\s)(?:-b\s*|--branch[\s=]\s*)(?P<name>[^\s=]\S*)")


def link_and_branch(text: str) -> tuple[str, str]:
    """The link that the text is about, and the branch that it names beside it, if it does."""
    links = LINK_IN_MARKUP.findall(text) if MARKUP.match(text) else []
    if links:
        return links[-1], ""
    for left, right in AROUND:
        if len(text) > 2 and text.startswith(left) and text.endswith(right):
            text = text[1:-1].strip()
    command = COMMAND.fullmatch(text)
    return _cloned(command["arguments"]) if command else (text.rstrip(",;"), "")


def _cloned(arguments: str) -> tuple[str, str]:
    """What a command to clone is for: `[--depth 1] [-b dev] https://… [folder]`."""
    branch = BRANCH.search(arguments)
    words = BRANCH.sub(" ", arguments).split()
    named = (word for word in words if "/" in word and not word.startswith("-"))
    return next(named, arguments).strip("\"'"), branch["name"] if branch else ""
