"""The main page: how often a second it can be had."""

from .own_process import ask
from .place import Place
from .processes import processes_of
from .results import Group

CONNECTIONS = 16
SECONDS = 3


async def measure(place: Place) -> Group:
    with place.instance() as binder:
        processes = processes_of(binder)
        pids = {name: processes[name].pid for name in ("server", "proxy")}
        facts = {"origin": binder.origin, "connections": CONNECTIONS, **pids}
        await ask("browse", **facts, seconds=0.5)  # templates are read, code is warm
        figures = await ask("browse", **facts, seconds=SECONDS)
    return Group(
        "pages",
        f"The main page, {CONNECTIONS} connections, {SECONDS} s",
        "Through the public port, as everybody comes: the proxy's work is part of it.",
        {
            "requests_per_second": ("requests/s", "{:,.0f}"),
            "server_cpu_seconds": ("server CPU", "{:.2f} s"),
            "proxy_cpu_seconds": ("proxy CPU", "{:.2f} s"),
            "clients_cpu_seconds": ("clients CPU", "{:.2f} s"),
        },
        [figures],
    )
