/**
 * docker-compose.yaml with one service for every door, and the Dockerfile of its image.
 *
 * On the host's own network: nothing translates addresses, so that the gateway judges the source that really comes, and
 * neither Docker's rules nor its bridge stand between a door and the firewall (docs.docker.com/network/drivers/host).
 */
import { formatDuration } from "../../inventory/duration.ts";
import { EcluseError } from "../../errors.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { confined } from "./confined.ts";
import { DOCKERFILE, IMAGE, PLACES, USER, programLine } from "./dockerfile.ts";
import { comment, list, text } from "./yaml.ts";

/** Nothing where the gateway carries nothing. */
export function render(subject: Subject): readonly RenderedFile[] {
  if (subject.policy.doors.size === 0) return [];
  refuseUnworkable(subject);
  return [
    { path: "compose/docker-compose.yaml", body: body(subject), comment: "#" },
    { path: "compose/Dockerfile", body: DOCKERFILE, comment: "#" },
  ];
}

/** What would keep the container from starting, or a door from opening. */
function refuseUnworkable({ policy, inventory }: Subject): void {
  const door = [...policy.doors.values()].find(({ endpoint }) => endpoint.port < 1_024);
  if (door !== undefined) {
    throw cannotRender(
      `${door.flow.id} is entered at port ${door.endpoint.port}`,
      "on the host's network a container without root listens from 1024 on: give it another port, or render systemd",
    );
  }
  const asking = [
    ...(inventory.gateway.engine === "kernel" ? ["gateway.engine: kernel"] : []),
    ...(inventory.gateway.shield === true ? ["gateway.shield"] : []),
  ];
  if (asking[0] !== undefined) {
    throw cannotRender(
      `${asking[0]} asks for a right that the container does not have`,
      "a container that may program the host's packet filter is confined no more: leave it out, or render systemd",
    );
  }
  if (inventory.gateway.controlGroup !== undefined) {
    throw cannotRender(
      `gateway.control.group names ${inventory.gateway.controlGroup}`,
      "a container has no groups but its own: leave it out; docker-compose exec is how one gets to its socket",
    );
  }
}

function cannotRender(problem: string, hint: string): EcluseError {
  return new EcluseError("cannot-render", `Cannot render compose: ${problem}`, { hint });
}

function body(subject: Subject): string {
  const { policy, inventory } = subject;
  const { limits } = inventory.gateway;
  const serve = ["serve", "--state", PLACES.state, "--control", PLACES.control];
  return `${comment(["", ...notice(subject)])}
services:
  ecluse:
    image: ${text(IMAGE)}
    command: ${list(serve)}
    network_mode: ${text("host")}
${confined(limits, policy.doors.size)}    restart: ${text("unless-stopped")}
    environment:
      ECLUSE_INVENTORY: ${text(PLACES.inventory)}
      ECLUSE_CONTROL: ${text(PLACES.control)}
    volumes:
      - ${text("/etc/ecluse:/etc/ecluse:ro")}
      - ${text(`state:${PLACES.state}`)}
    tmpfs:
      - ${text(`/run/ecluse:uid=${USER.replace(":", ",gid=")},mode=0700,size=1m,noexec,nosuid,nodev`)}
      - ${text("/tmp:mode=1777,size=64m,noexec,nosuid,nodev")}
    healthcheck:
      test: ${list(["CMD", ...programLine("status")])}
      interval: ${text("60s")}
      timeout: ${text("20s")}
      start_period: ${text("60s")}
      retries: 2

volumes:
  state: {}
`;
}

function notice({ file, inventory }: Subject): readonly string[] {
  const drain = formatDuration(inventory.gateway.limits.drain);
  return [
    "Every door in one container, on the host's own network: the gateway judges the address that really comes, and a",
    "firewall of the host sees the doors' ports.",
    "",
    `The inventory (${file}) lies in /etc/ecluse as ecluse.yaml, readable for user ${USER.split(":")[0] ?? ""}. Then, beside this file:`,
    "",
    `  docker build --file Dockerfile --tag ${IMAGE} CHECKOUT`,
    "  docker-compose up --detach",
    "  docker-compose exec ecluse ecluse status",
    "",
    `A stop closes the doors and lets the sessions inside finish, ${drain} at most. An edited inventory is applied by`,
    "`docker-compose exec ecluse ecluse apply`, or `docker-compose kill -s HUP`: nobody is cut. A new image is a stop and",
    "a start: in a container `ecluse take-over` cannot keep the doors open, for the container ends with its first process.",
    "Healthy is where `ecluse status` has nothing to say: no door is blocked, the journal is written.",
  ];
}
