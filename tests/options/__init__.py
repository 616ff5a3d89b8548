"""Every option: what it is, and (one row of a table each) what it does."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in ("builds", "hub", "limits", "pages", "requests", "server")
    )
)
