"""All that is simulated in one run: the loop, the network, the servers, who talks to them, and what is on."""

from random import Random

from tests.simulation import knobs, topologies
from tests.simulation.clients import CHUNK_LINES, Clients
from tests.simulation.faults import ELSEWHERE, Faults
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.server import SECOND, Server
from tests.simulation.strangers import Strangers
from tests.simulation.topologies import Edges
from tests.simulation.viewers import Viewer
from tests.simulation.watch import MARKS_SLACK, Watch

LATECOMER, LATECOMERS = "latecomer", 0.25  # the kind of fault, and the share of herds that have one


class World:
    """One seed's, without the kinds of faults that are excluded; of a drawn shape, unless one is given."""

    def __init__(
        self, seed: int, without: tuple[str, ...] = (), shape: tuple[list[str], Edges] | None = None
    ) -> None:
        self.seed = seed
        random = self.random = Random(f"{seed} world")
        self.places_random = Random(f"{seed} places")
        self.loop = VirtualLoop()  # type: ignore[abstract]
        self.watch = Watch(self.loop)
        self.knobs = knobs.draw(Random(f"{seed} knobs"))
        self.network = Network(self.loop, Random(f"{seed} network"), self.knobs, self.watch)
        self.loop.network = self.network
        self.joins = 1.0  # after which part of the storm the latecomer starts; 1: when the herd heals, if at all
        self.secret = random.choice(["secret", "secret", None])
        self.shape, names, self.edges = ("given", *shape) if shape else topologies.draw(random)
        self.core = topologies.core(names, self.edges, random)
        self.fault_kinds = Faults(self)
        self.faults = self._draw_faults(random, without)
        dice = Random(f"{seed} disks")
        self.journals = not shape and dice.random() < 0.75  # a given shape is for counting what passes
        self.disks_fail = any(kind.startswith("disk") for kind in self.faults)
        hosts = {name: f"127.0.0.{place + 1}" for place, name in enumerate(names)}
        self.network.names = {host: name for name, host in hosts.items()}
        self.servers = {
            name: Server(self, name, hosts[name], {n: hosts[n] for n in names if n in self._peers(name)})
            for name in names
        }
        late = Random(f"{seed} latecomer")
        self.latecomer = None if shape else self._draw_latecomer(late, without)
        self.clients = Clients(self)
        self.strangers = Strangers(self)
        self.viewers = (
            [Viewer(self, server) for server in self.servers.values()] if "viewers" in self.faults else []
        )
        self.driver = Process("the simulation")
        self._give_clocks(random)
        longest = 200 + max(map(len, self.clients.ids))
        # A link moves by whole batches, and one ends with the chunk of a client that filled it.
        self.watch.slack = self.knobs.in_flight + (self.knobs.slice + CHUNK_LINES) * longest + MARKS_SLACK

    def up_servers(self) -> list[Server]:
        """Return the servers that run: one at least."""
        return [server for server in self.servers.values() if server.up]

    def last_one(self, server: Server) -> bool:
        """Whether no other server runs."""
        return self.up_servers() == [server]

    def settle(self) -> None:
        """Check what holds at any time when no turn is open."""
        for server in self.up_servers():
            if hasattr(server.witness, "node"):
                server.witness.settle()
        for error in self.loop.errors:
            self.watch.broken("S8", error)
        self.loop.errors.clear()

    def _peers(self, name: str) -> set[str]:
        return topologies.neighbours(name, self.edges)

    def _draw_faults(self, random: Random, without: tuple[str, ...]) -> list[str]:
        kinds = [*self.fault_kinds.kinds(), *ELSEWHERE]
        share = random.choice([0.0, 0.15, 0.3, 0.6])
        drawn = [kind for kind in kinds if random.random() < share]  # first: seeds draw alike without some of them
        drawn = [kind for kind in drawn if kind not in without]
        if "silent-accepts" in drawn:
            self.network.silent = 0.1
        return drawn

    def _draw_latecomer(self, dice: Random, without: tuple[str, ...]) -> Server | None:
        """Draw a server that the others know of and that starts later, by its own dice."""
        if len(self.servers) == 1 or dice.random() >= LATECOMERS or LATECOMER in without:
            return None
        self.faults.append(LATECOMER)
        server = dice.choice(list(self.servers.values()))
        self.joins = dice.choice([dice.uniform(0.2, 0.8), 1.0])
        if dice.random() < 0.5:  # else its machine is there, and refuses
            self.network.die(server.process, power=True)
        return server

    def _give_clocks(self, random: Random) -> None:
        for server in self.servers.values():
            skew, drift = random.choice([-3600.0, -70.0, -1.0, 0.3, 3600.0]), random.randint(-200, 200)
            if "skew" in self.faults:
                server.clock.skew, server.clock.drift = round(skew * SECOND), drift
