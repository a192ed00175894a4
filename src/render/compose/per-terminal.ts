/**
 * docker-compose.yaml with one service per terminal: the founding document's own form, made to refuse strangers.
 *
 * Each container is `ecluse forward`, told who may enter: nothing else filters a published port, for Docker's rules come
 * before UFW's (docs.docker.com, "Docker and ufw"). What this form cannot do stands at the file's top; where it would not
 * work at all it is refused.
 */
import { formatAddress, formatNetwork } from "@ecluse/guard/address";
import { EcluseError } from "../../errors.ts";
import type { Depot, Limits } from "../../inventory/model.ts";
import type { Flow, RelayedFlow } from "../../policy/policy.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { allowedBy } from "./allowed.ts";
import { bridgeOf } from "./bridge.ts";
import { confined } from "./confined.ts";
import { IMAGE } from "./dockerfile.ts";
import { forwardWords } from "./forward-words.ts";
import { perTerminalNotice } from "./per-terminal-notice.ts";
import { comment, text } from "./yaml.ts";

/** BR_MAX_PORTS is 1,024, and port 0 is not used (Linux, net/bridge/br_private.h). */
const BRIDGE_PORTS = 1_023;

/** Where each container listens, as in the founding document; its published port is the terminal's own. */
const INSIDE = 8888;

/** Nothing where there is no terminal. */
export function render(subject: Subject): readonly RenderedFile[] {
  const count = terminalsOf(subject);
  if (count === 0) return [];
  if (isLeftOut(subject)) {
    throw new EcluseError("cannot-render", `Cannot render compose-per-terminal: ${count} terminals on one bridge`, {
      hint: `a bridge of Linux ends at ${BRIDGE_PORTS} containers: render compose, which needs one for all`,
    });
  }
  return [{ path: "compose-per-terminal/docker-compose.yaml", body: body(subject), comment: "#" }];
}

export function isLeftOut(subject: Subject): boolean {
  return terminalsOf(subject) > BRIDGE_PORTS;
}

function terminalsOf({ policy }: Subject): number {
  return policy.flows.filter(isTerminal).length;
}

function isTerminal(flow: Flow): flow is RelayedFlow {
  return flow.kind === "relayed" && flow.position !== undefined;
}

function body(subject: Subject): string {
  const { inventory, policy } = subject;
  const { limits } = inventory.gateway;
  const allowed = allowedBy(subject);
  const depots = inventory.depots.map((depot) => {
    const flows = policy.flows.filter(isTerminal).filter(({ position }) => position?.depot === depot.number);
    const services = flows.map((flow) => service(flow, { limits, allowed: allowed(flow.grants) }));
    return services.length === 0 ? "" : `${comment([titleOf(depot)], 2)}${services.join("\n")}`;
  });
  return `${comment(["", ...perTerminalNotice(subject)])}
services:
${depots.filter((each) => each !== "").join("\n")}
networks:
  default:
    driver_opts: { com.docker.network.bridge.enable_icc: ${text("false")} }
    ipam: { config: [{ subnet: ${text(formatNetwork(bridgeOf(subject)))} }] }
`;
}

function titleOf({ number, name }: Depot): string {
  return `Depot ${String(number).padStart(2, "0")}${name === undefined ? "" : `: ${name}`}`;
}

interface Told {
  readonly limits: Limits;
  /** `$ECLUSE_ALLOW`. */
  readonly allowed: string;
}

function service(flow: RelayedFlow, { limits, allowed }: Told): string {
  const { id, target, endpoints } = flow;
  const command = [formatAddress(target.address), String(target.port), ...forwardWords(flow, limits)];
  // With its address: without one, Docker would publish on every address of the host, those of IPv6 among them.
  const ports = endpoints.map(({ address, port }) => text(`${formatAddress(address)}:${port}:${INSIDE}`));
  return `  ${id}:
    image: ${text(IMAGE)}
    command: ${text(command.join(" "))}
    environment: { ECLUSE_ALLOW: ${text(allowed)} }
    ports: [${ports.join(", ")}]
    restart: ${text("always")}
${confined(limits, 1)}`;
}
