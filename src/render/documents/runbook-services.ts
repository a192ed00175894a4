/** The listening rule's four steps: the units, the restart, the proof, and what not to do in development. */
import { contains, formatAddress } from "@ecluse/guard/address";
import type { Machine, Service, Source } from "../../inventory/model.ts";
import { type Subject, networksOf, rightsOf } from "../subject.ts";
import type { Block } from "./document.ts";
import { someAddressesOf } from "./flow-words.ts";
import { formatEndpoint } from "./place.ts";
import { variablesOf } from "./service-variables.ts";
import { heading, run, say } from "./steps.ts";
import type { Words } from "./words.ts";

interface Placed {
  readonly service: Service;
  readonly machine: Machine;
}

/** None where there is no service. */
export function serviceSteps(subject: Subject, words: Words): readonly Block[] {
  const placed = placedServices(subject);
  if (placed.length === 0) return [];
  const { runbook } = words;
  const names = new Set(
    placed.flatMap(({ service }) => rightsOf(service.grants, subject).map((right) => right.source)),
  );
  return [
    heading(runbook.listening),
    say(runbook.listeningIntro([...names].map(({ name }) => name).join(", "))),
    heading(runbook.steps[0], 3),
    ...units(placed, subject, words),
    heading(runbook.steps[1], 3),
    ...restart(placed, words),
    heading(runbook.steps[2], 3),
    ...letIn(placed, subject, words),
    ...turnedAway(placed, subject, words),
    heading(runbook.steps[3], 3),
    say(runbook.development),
    heading(runbook.analysis, 3),
    ...analysis(placed, words),
  ];
}

function placedServices({ inventory: { machines, services } }: Subject): readonly Placed[] {
  return machines.flatMap((machine) =>
    services.filter((service) => service.machine === machine.name).map((service) => ({ service, machine })),
  );
}

function machinesOf(placed: readonly Placed[]): ReadonlyMap<Machine, readonly Service[]> {
  const byMachine = Map.groupBy(placed, ({ machine }) => machine);
  return new Map([...byMachine].map(([machine, list]) => [machine, list.map(({ service }) => service)]));
}

function units(placed: readonly Placed[], subject: Subject, { runbook, things }: Words): readonly Block[] {
  const folders = [...machinesOf(placed).keys()].map(
    ({ name }) => `ecluse render all --machine ${name} --out ${name}/`,
  );
  return [
    say(runbook.units),
    run(...folders),
    ...placed.flatMap(({ service, machine }) => {
      const variables = variablesOf(service, machine, subject);
      const endpoint = formatEndpoint({ address: machine.address, port: service.port });
      const who = rightsOf(service.grants, subject)
        .map(({ source }) => source.name)
        .join(", ");
      return [
        ...(service.hostVariable === undefined
          ? [say(runbook.noUnit(service.name, endpoint, who === "" ? things.nobody : who))]
          : []),
        ...(variables.length === 0
          ? []
          : [
              say(runbook.unitOf(service.unit === undefined ? service.name : `${service.unit}.service`, machine.name)),
              run("[Service]", ...variables.map(({ name, value }) => `Environment=${name}=${value}`)),
            ]),
      ];
    }),
  ];
}

function restart(placed: readonly Placed[], { runbook }: Words): readonly Block[] {
  const isUnnamed = placed.some(({ service }) => service.unit === undefined);
  const blocks = [...machinesOf(placed)].flatMap(([machine, services]) => {
    const named = services.flatMap(({ unit }) => (unit === undefined ? [] : [unit]));
    if (named.length === 0) return [];
    return [
      say(runbook.restart(machine.name, formatAddress(machine.address))),
      run("sudo systemctl daemon-reload", `sudo systemctl restart ${named.map((unit) => `${unit}.service`).join(" ")}`),
    ];
  });
  return [...blocks, ...(isUnnamed ? [say(runbook.restartByHand)] : [])];
}

/** From each source that may come, every service that lists it. */
function letIn(placed: readonly Placed[], subject: Subject, words: Words): readonly Block[] {
  const { runbook } = words;
  const bySource = new Map<Source, Placed[]>();
  for (const each of placed) {
    for (const { source } of rightsOf(each.service.grants, subject)) {
      bySource.set(source, [...(bySource.get(source) ?? []), each]);
    }
  }
  const blocks = [...bySource].flatMap(([source, list]) => [
    say(runbook.from(source.name, someAddressesOf(source, words))),
    run(...list.map(request)),
  ]);
  return blocks.length === 0 ? [] : [...blocks, say(runbook.serviceExpected)];
}

/** From each machine, every service elsewhere that does not list it: all that this inventory can name. */
function turnedAway(placed: readonly Placed[], subject: Subject, { runbook }: Words): readonly Block[] {
  const blocks = subject.inventory.machines.flatMap((from) => {
    const shut = placed.filter(({ service, machine }) => machine !== from && !lists(service, from, subject));
    if (shut.length === 0) return [];
    return [say(runbook.serviceRefused(from.name, formatAddress(from.address))), run(...shut.map(request))];
  });
  if (blocks.length > 0) return blocks;
  return [say(runbook.serviceRefusedElsewhere), run(...placed.map(request))];
}

function lists({ grants }: Service, { address }: Machine, subject: Subject): boolean {
  return networksOf(grants, subject).some((network) => contains(network, address));
}

function request({ service, machine }: Placed): string {
  const url = `http://${formatEndpoint({ address: machine.address, port: service.port })}/`;
  return `curl -sS -o /dev/null -w '%{http_code}\\n' --max-time 5 ${url}`;
}

function analysis(placed: readonly Placed[], { runbook }: Words): readonly Block[] {
  return [...machinesOf(placed)].flatMap(([machine, services]) => [
    say(runbook.analysisText(machine.name, formatAddress(machine.address))),
    run(`ss -tlnp | grep -E ':(${services.map(({ port }) => port).join("|")})\\b'`),
  ]);
}
