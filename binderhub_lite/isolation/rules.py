"""The rules, as a shell script for iptables: no process is started here, nothing is asked.

Each namespace has two chains of its own, and every packet that comes in from one of its bridges
goes through one of them: through the first when it is for this machine itself, through the
second when this machine only passes it on. A packet that no rule rejects goes on to whatever
other rules the machine has.

Docker keeps the chain DOCKER-USER for the rules of others, and looks there before its own.
"""

import hashlib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network

from .address import Destination

DNS_PORT = 53
# Where clouds tell a machine its own secrets. All of link-local: Amazon, Google, Azure,
# OpenStack and others answer there. Then Alibaba's, Azure's agent and Amazon's over IPv6.
METADATA = tuple(
    Destination(ip_network(network))
    for network in (
        "169.254.0.0/16",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "fe80::/10",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
    )
)

FUNCTIONS = """\
PATH="$PATH:/usr/sbin:/sbin"
wait="-w 10"
failed() { echo "$1" >&2; exit 1; }
# variant TABLES: the program, of several kinds, whose rules Docker uses
variant() {
    for each in "$1" "$1-nft" "$1-legacy"; do
        "$each" $wait -S DOCKER-USER >/dev/null 2>&1 && echo "$each" && return
    done
    command -v "$1"
}
# jumps BASE CHAIN: the rules of a chain that lead to ours
jumps() { "$tables" $wait -S "$1" 2>/dev/null | grep -e " -j $2\\$"; }
"""

LEAD = """\
# lead BASE CHAIN: what comes from our bridges, and from nowhere else, goes through the chain
lead() {
    for bridge in $bridges; do
        "$tables" $wait -C "$1" -i "$bridge" -j "$2" 2>/dev/null ||
            "$tables" $wait -I "$1" -i "$bridge" -j "$2" || return 1
    done
    jumps "$1" "$2" | while read -r _ _ _ bridge _; do
        case " $bridges " in
            *" $bridge "*) ;;
            *) "$tables" $wait -D "$1" -i "$bridge" -j "$2" ;;
        esac
    done
}
# close_off RULES: our chains get these rules, all at the same moment
close_off() {
    forward=DOCKER-USER
    "$tables" $wait -S DOCKER-USER >/dev/null 2>&1 || forward=FORWARD
    printf '%s\\n' "$1" | "$tables-restore" $wait --noflush || return 1
    lead INPUT "$to_machine" && lead "$forward" "$beyond"
}
"""

LIFT = """\
for family in iptables ip6tables; do
    tables=$(variant "$family") || continue
    for chain in "$to_machine" "$beyond"; do
        for base in INPUT FORWARD DOCKER-USER; do
            jumps "$base" "$chain" | while read -r _ _ _ bridge _; do
                "$tables" $wait -D "$base" -i "$bridge" -j "$chain"
            done
        done
        "$tables" $wait -F "$chain" 2>/dev/null && "$tables" $wait -X "$chain"
    done
done
true
"""


@dataclass(frozen=True)
class Rules:
    """What a namespace's builds and servers may not reach.

    `bridges` are the interfaces that their packets come from; the first is the namespace's own,
    where containers cannot reach each other either, and from where alone `hub` is reached.
    """

    namespace: str
    bridges: Sequence[str] = ()
    allow: Sequence[Destination] = ()
    deny: Sequence[Destination] = ()
    hub: Destination | None = None
    ipv6_needed: bool = False
    chains: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.namespace.encode()).hexdigest()[:8]
        chains = (f"BINDER-{digest}-MACHINE", f"BINDER-{digest}-BEYOND")
        object.__setattr__(self, "chains", chains)

    @property
    def script(self) -> str:
        """Sets the rules; running it again changes nothing. Fails with a reason on stderr."""
        return "\n".join(
            [
                self._names(),
                FUNCTIONS + LEAD,
                'tables=$(variant iptables) || failed "there is no iptables"',
                f"close_off {shlex.quote(self._chains(4))} || failed 'iptables refused the rules'",
                # Without IPv6 on the network there is nothing to close, but it may come.
                'tables=$(variant ip6tables) || tables=""',
                f'[ -n "$tables" ] && close_off {shlex.quote(self._chains(6))} || '
                + ("failed 'ip6tables refused the rules'" if self.ipv6_needed else "true"),
            ]
        )

    @property
    def lifting_script(self) -> str:
        """Removes every trace of the rules."""
        return "\n".join([self._names(), FUNCTIONS + LIFT])

    def _names(self) -> str:
        to_machine, beyond = self.chains
        return (
            f"bridges={shlex.quote(' '.join(self.bridges))} to_machine={to_machine} beyond={beyond}"
        )

    def _chains(self, version: int) -> str:
        to_machine, beyond = self.chains
        established = ["-m conntrack --ctstate RELATED,ESTABLISHED"]
        dns = [f"-p {protocol} --dport {DNS_PORT}" for protocol in ("udp", "tcp")]
        # Without it, IPv6 does not find its neighbours.
        neighbours = ["-p icmpv6"] if version == 6 else []
        allowed = [_original(each) for each in _of(version, self.allow)]
        own = [f"-o {bridge}" for bridge in self.bridges[:1]]
        published = ["-m conntrack --ctstate DNAT"]
        hub = [
            f"-i {self.bridges[0]} {_now(each)}"
            for each in _of(version, [self.hub] if self.hub else [])
        ]
        denied = [_now(each) for each in _of(version, [*METADATA, *self.deny])]
        rules = {
            to_machine: _pass([*established, *neighbours, *dns, *allowed, *hub]) + _reject([""]),
            beyond: _pass(established)
            + _reject(own)
            + _pass([*dns, *allowed])
            + _reject([*published, *denied]),
        }
        return "\n".join(
            [
                "*filter",
                *(f":{chain} - [0:0]" for chain in rules),
                *(f"-A {chain} {rule}" for chain, each in rules.items() for rule in each),
                "COMMIT",
            ]
        )


def _of(version: int, destinations: Iterable[Destination]) -> list[Destination]:
    return [each for each in destinations if each.network.version == version]


def _pass(matches: Iterable[str]) -> list[str]:
    """Go on to the machine's other rules."""
    return [f"{match} -j RETURN" for match in matches]


def _reject(matches: Iterable[str]) -> list[str]:
    """Refuse at once. Linux sends few ICMP messages a second, but resets without a limit."""
    rules = []
    for match in matches:
        tcp = match if "-p tcp" in match else f"{match} -p tcp"
        rules.append(f"{tcp} -j REJECT --reject-with tcp-reset")
        if tcp != match:
            rules.append(f"{match} -j REJECT")
    return rules


def _now(destination: Destination) -> str:
    """Matches the address that a packet goes to."""
    port = f" -p tcp --dport {destination.port}" if destination.port else ""
    return f"-d {destination.network}{port}"


def _original(destination: Destination) -> str:
    """Matches the address that was asked for, which a published port replaces by a container's."""
    port = f" -p tcp --ctorigdstport {destination.port}" if destination.port else ""
    return f"-m conntrack --ctorigdst {destination.network}{port}"
