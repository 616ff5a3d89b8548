"""A server that answers as Jupyter does, in a hundredth of its memory and time to start."""

SERVER = """#!/usr/bin/env python3
import http.server, sys, time
options = dict(argument.lstrip("-").split("=", 1) for argument in sys.argv[1:])
base_url = options["ServerApp.base_url"]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.startswith(base_url) else 404)
        self.end_headers()
    do_HEAD = do_GET
time.sleep({seconds})
http.server.ThreadingHTTPServer(("", int(options["port"])), Handler).serve_forever()
"""
DOCKERFILE = """FROM binderhub-lite/singleuser
COPY --chmod=755 jupyter-lab /home/jovyan/bin/jupyter-lab
ENV PATH=/home/jovyan/bin:$PATH
"""


def quick_server(seconds_to_start: float = 0) -> dict[str, str]:
    """The files of a repository whose servers are such ones."""
    return {
        "Dockerfile": DOCKERFILE,
        "jupyter-lab": SERVER.replace("{seconds}", str(seconds_to_start)),
    }
