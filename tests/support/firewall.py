"""What the machine's firewall says about a namespace, and a program that tries what it does."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from binderhub_lite.isolation.rules import Rules

ATTEMPTS = Path(__file__).with_name("attempts.py").read_text()
SAVES = ("iptables-save", "iptables-legacy-save", "ip6tables-save", "ip6tables-legacy-save")


def rules(namespace: str) -> dict[str, list[str]]:
    """The lines that mention a namespace's chains, by the command that shows them."""
    chains = Rules(namespace).chains
    found = {}
    for command in SAVES:
        run = subprocess.run([command], capture_output=True, text=True, check=False)
        lines = [line for line in run.stdout.splitlines() if any(each in line for each in chains)]
        if lines:
            found[command] = sorted(lines)
    return found


def jumps(namespace: str) -> set[str]:
    """The interfaces that the rules hold for."""
    lines = rules(namespace).get("iptables-save", [])
    return {line.split()[3] for line in lines if line.startswith(("-A INPUT", "-A DOCKER-USER"))}


@contextmanager
def default_bridge_open() -> Iterator[None]:
    """Nobody's rules hold for Docker's default bridge: other instances may have set some."""
    around = [["INPUT", "-i", "docker0", "-j", "ACCEPT"]]
    around += [["DOCKER-USER", "-i", "docker0", "-j", "RETURN"]]
    for rule in around:
        subprocess.run(["iptables", "-w", "-I", *rule], check=True)
    try:
        yield
    finally:
        for rule in around:
            subprocess.run(["iptables", "-w", "-D", *rule], check=True)
