/** What stands at the top of the form with one container per terminal: above all what it cannot do. */
import { formatNetwork } from "@ecluse/guard/address";
import type { RelayedFlow } from "../../policy/policy.ts";
import type { Subject } from "../subject.ts";
import { bridgeOf } from "./bridge.ts";
import { graceOf } from "./confined.ts";

export function perTerminalNotice(subject: Subject): readonly string[] {
  const { inventory } = subject;
  return [
    "One container per terminal. `compose` (one container for all) can do what this form cannot:",
    "",
    "- See every source. Whatever Docker's own proxy carries (userland-proxy, where no rule of iptables does), and everything",
    "  under rootless Docker, comes from the bridge's address, and is refused. Never allow that address",
    `  (the first of ${formatNetwork(bridgeOf(subject))}): it would let everybody in.`,
    "- Be filtered by UFW: Docker publishes its ports before UFW sees them. ECLUSE_ALLOW below is the filter, and",
    "  `ecluse render docker-user` a second one.",
    "- Grow: a bridge of Linux ends at 1,023 containers, and each takes the memory of a Node process.",
    "- Change while sessions go on: `docker-compose up --detach` makes each container anew whose lines have changed. It stops",
    `  first, and waits ${graceOf(inventory.gateway.limits)} s at most for the sessions inside. There is no plan, apply, journal, status or`,
    "  temporary grant; limits.sessions and limits.perSource hold for each terminal by itself.",
    "",
    "No health check: a container runs where its door is open, and ends where it cannot be opened; so many checks would",
    "cost more than the relay does.",
    `Docker's first bridge, docker0, is ${DOCKER0} unless /etc/docker/daemon.json says otherwise (bip and`,
    "default-address-pools): no container on it would reach a depot of that network, nor would one on a bridge from the",
    "default pools. These are on a network of their own.",
    ...leftOut(subject),
  ];
}

const DOCKER0 = "172.17.0.0/16";

function leftOut({ policy }: Subject): readonly string[] {
  const others = policy.flows.filter(
    (flow): flow is RelayedFlow => flow.kind === "relayed" && flow.position === undefined,
  );
  if (others.length === 0) return [];
  return ["", "Not carried here, for they are no terminals:", ...others.map(({ id }) => `  ${id}`)];
}
