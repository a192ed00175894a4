/** A made-up old world: terminals and who may enter them, printed as compose files and rules of ufw print them. */
import { formatAddress, formatNetwork, type Ipv4, type Network } from "@ecluse/guard/address";
import fc from "fast-check";
import { plannedAddress, publicPortOf, terminalId, type Position } from "../../src/inventory/numbering.ts";
import { USUAL_PLAN } from "../../src/inventory/import/plan.ts";

export const GATEWAY = "198.51.100.10";

export interface OldDoor {
  /** Absent: a door that is no terminal's. */
  readonly position?: Position;
  readonly port: number;
  readonly address: Ipv4;
  readonly targetPort: number;
  readonly sources: readonly Network[];
}

/** What a flow is, whatever its name: where it is entered, where it leads, who may. */
export type FlowShape = Readonly<Record<string, { readonly target: string; readonly sources: readonly string[] }>>;

const octet = fc.integer({ min: 1, max: 254 });
const network: fc.Arbitrary<Network> = fc.oneof(
  octet.map((last) => ({ address: (0xcb007100 + last) as Ipv4, prefix: 32 })),
  fc.integer({ min: 0, max: 15 }).map((part) => ({ address: (0xc6336400 + part * 16) as Ipv4, prefix: 28 })),
);
const sources = fc.uniqueArray(network, { maxLength: 3, selector: formatNetwork });
/** Often near each other, so that depots have ranges. */
const position = fc.record({
  depot: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 72 })),
  terminal: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 99 })),
});

const terminal: fc.Arbitrary<OldDoor> = fc
  .record({ position, sources, stray: fc.option(octet, { freq: 5 }), port: fc.constantFrom(8888, 8888, 20_007) })
  .map(({ position, sources, stray, port }) => ({
    position,
    sources,
    port: publicPortOf(position),
    address:
      stray === null
        ? plannedAddress(USUAL_PLAN.network, USUAL_PLAN.firstHost, position)
        : ((0x0a090000 + position.depot * 256 + stray) as Ipv4),
    targetPort: port,
  }));

const other: fc.Arbitrary<OldDoor> = fc
  .record({ sources, port: fc.integer({ min: 20_000, max: 30_000 }), last: octet })
  .map(({ sources, port, last }) => ({
    sources,
    port,
    address: (0xc0a80100 + last) as Ipv4,
    targetPort: 4102,
  }));

export const oldWorld: fc.Arbitrary<readonly OldDoor[]> = fc.uniqueArray(
  fc.oneof({ weight: 4, arbitrary: terminal }, other),
  {
    minLength: 1,
    maxLength: 12,
    selector: ({ port }) => port,
  },
);

/** The compose file; `style` chooses among the ways to write each thing. */
export function composeOf(doors: readonly OldDoor[], style: number): string {
  const services = doors.map((door, index) => {
    const target = formatAddress(door.address);
    const said = [
      `command: ${target} ${door.targetPort}`,
      `command: ["${target}", "${door.targetPort}"]`,
      `command: tcp-listen:8888,fork tcp-connect:${target}:${door.targetPort}`,
      `environment: { TARGET_HOST: ${target}, TARGET_PORT: "${door.targetPort}" }`,
      `environment: ["HOST=${target}", "PORT=${door.targetPort}"]`,
    ];
    const ports = [
      `["${door.port}:8888"]`,
      `["${GATEWAY}:${door.port}:8888/tcp"]`,
      `[{ target: 8888, published: "${door.port}", protocol: tcp }]`,
      `[{ target: 8888, published: ${door.port}, host_ip: ${GATEWAY} }]`,
    ];
    const name = door.position === undefined ? `other-${index}` : terminalId(door.position);
    const lines = [
      `${name}:`,
      `  ${pick(said, style + index)}`,
      `  ports: ${pick(ports, style * 3 + index)}`,
      "  restart: always",
    ];
    return lines.map((line) => `  ${line}\n`).join("");
  });
  return `services:\n${services.join("")}`;
}

/** The rules in the format that `style` chooses. */
export function rulesOf(doors: readonly OldDoor[], style: number): string {
  const rules = doors.flatMap(({ port, sources }) => sources.map((source) => ({ port, from: formatNetwork(source) })));
  const format = style % 3;
  if (format === 0) {
    return `# nothing before\n${rules.map(({ port, from }) => `ufw allow from ${from} to any port ${port} proto tcp\n`).join("")}ufw enable\n`;
  }
  if (format === 1) {
    const tuples = rules.map(({ port, from }) => `### tuple ### allow tcp ${port} 0.0.0.0/0 any ${from} in\n-A x\n`);
    return `*filter\n### RULES ###\n### tuple ### deny any 23 0.0.0.0/0 any 0.0.0.0/0 in\n${tuples.join("")}`;
  }
  const rows = rules.map(({ port, from }, index) => {
    return `[${String(index + 1).padStart(2)}] ${`${port}/tcp`.padEnd(26)} ${"ALLOW IN".padEnd(12)}${from}\n`;
  });
  return `Status: active\n\n     To                         Action      From\n     --                         ------      ----\n${rows.join("")}`;
}

/** The flows that the old world has. */
export function shapeOfDoors(doors: readonly OldDoor[]): FlowShape {
  const entries = doors.map(({ port, address, targetPort, sources }) => {
    const target = `${formatAddress(address)}:${targetPort}`;
    return [`${GATEWAY}:${port}`, { target, sources: sources.map(formatNetwork).toSorted() }] as const;
  });
  return Object.fromEntries(entries);
}

function pick(choices: readonly string[], index: number): string {
  return choices[index % choices.length] ?? "";
}
