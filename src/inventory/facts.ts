/** What the checks look at: every flow with the places of its parts, every list of rights, and the exceptions' use. */
import type { Endpoint, Exception, ExceptionRule, Inventory } from "./model.ts";
import { publicPortOf, terminalId } from "./numbering.ts";
import type { Reading } from "./reading.ts";
import type { RawGrant } from "./schema.ts";
import { parseSelector, type Selectable, type Selector, selects } from "./selector.ts";
import { fold } from "./nearest.ts";
import { valueAt } from "./shape.ts";
import { numberTerminals } from "./terminal-numbers.ts";
import { keysAt, nodeAt, type Path } from "./tree.ts";

export interface Facts extends Reading {
  readonly inventory: Inventory;
  readonly flows: readonly FlowFact[];
  readonly lists: readonly GrantList[];
  readonly rules: readonly RuleUse[];
  /** Whether everything written could be read: only then is an exception without a subject a mistake of its own. */
  readonly complete: boolean;
  /** Whether an exception allows this here; an exception that ended still counts, and is complained of by itself. */
  readonly permits: (rule: ExceptionRule, subject: Subject) => boolean;
}

export interface FlowFact extends Selectable {
  readonly kind: "terminal" | "service" | "flow";
  readonly path: Path;
  readonly doors: readonly DoorFact[];
  /** Where the target was written; a planned one: where the terminal was. */
  readonly targetPath: Path;
  /** Whether the gateway itself listens. */
  readonly relayed: boolean;
  /** The depot's number; absent: not a terminal. */
  readonly depot?: number;
  /** Whether the target was written out rather than taken from the plan. */
  readonly targetWritten: boolean;
}

export interface DoorFact extends Endpoint {
  readonly path: Path;
}

/** One list of rights as written, and the flows it opens. */
export interface GrantList {
  readonly path: Path;
  readonly items: readonly RawGrant[];
  readonly flows: readonly Selectable[];
}

export interface RuleUse {
  readonly exception: Exception;
  readonly selector: Selector | undefined;
  used: boolean;
}

/** What an exception is asked about: a flow, or something with a name of its own (`gateway`, `ssh`, a source). */
export interface Subject {
  readonly flow?: Selectable;
  readonly name?: string;
}

export function createFacts(reading: Reading, inventory: Inventory, complete: boolean): Facts {
  const rules = inventory.exceptions.map((exception) => ({
    exception,
    selector: parseSelector(exception.on),
    used: false,
  }));
  const terminals = terminalFacts(reading, inventory);
  const flows = [...terminals, ...serviceFacts(inventory), ...genericFacts(inventory)];
  const lists = grantLists(reading, flows);
  const permits = (rule: ExceptionRule, subject: Subject): boolean => {
    const matching = rules.filter((use) => use.exception.rule === rule && covers(use, subject));
    for (const use of matching) use.used = true;
    return matching.length > 0;
  };
  return { ...reading, inventory, flows, lists, rules, complete, permits };
}

/** Whether an exception speaks of the subject. */
export function covers({ exception, selector }: RuleUse, { flow, name }: Subject): boolean {
  if (name !== undefined && fold(exception.on) === fold(name)) return true;
  return flow !== undefined && selector !== undefined && selects(selector, flow);
}

/** As written, whether or not it could be read: what is wrong was complained of already. */
export function isWritten(facts: Facts, path: Path): boolean {
  if (nodeAt(facts.root, path) !== undefined) return true;
  // A key that was misspelt may have been this one.
  const above = path.slice(0, -1);
  const kept = Object.keys(valueAt(facts.data, above) ?? {});
  return keysAt(facts.root, above).some((key) => !kept.includes(key));
}

function terminalFacts(reading: Reading, inventory: Inventory): readonly FlowFact[] {
  const { address } = inventory.gateway;
  return inventory.depots.flatMap((depot) => {
    const raw = reading.data.depots?.[String(depot.number)];
    const written = new Map(raw && numberTerminals(raw.terminals).terminals.map((one) => [one.number, one]));
    return depot.terminals.map((terminal): FlowFact => {
      const one = written.get(terminal.number);
      const path = ["depots", String(depot.number), "terminals", ...(one?.path ?? [])];
      const position = { depot: depot.number, terminal: terminal.number };
      const aliases = terminal.aliases.map((port, index) => ({ address, port, path: [...path, "aliases", index] }));
      const doors = [{ address, port: publicPortOf(position), path }, ...aliases];
      const targetWritten = one?.raw.address !== undefined;
      return {
        kind: "terminal",
        id: terminalId(position),
        path,
        doors,
        endpoints: doors,
        target: { address: terminal.address, port: terminal.port },
        targetPath: targetWritten ? [...path, "address"] : path,
        targetWritten,
        relayed: true,
        depot: depot.number,
      };
    });
  });
}

function serviceFacts({ services, machines }: Inventory): readonly FlowFact[] {
  return services.map((service) => {
    const path = ["services", service.name];
    const address = machines.find(({ name }) => name === service.machine)?.address;
    const doors = address === undefined ? [] : [{ address, port: service.port, path: [...path, "port"] }];
    const id = `service/${service.name}`;
    return {
      kind: "service",
      id,
      path,
      doors,
      endpoints: doors,
      targetPath: path,
      targetWritten: false,
      relayed: false,
    };
  });
}

function genericFacts({ flows }: Inventory): readonly FlowFact[] {
  return flows.map(({ name, listen, target }) => {
    const path = ["flows", name];
    const doors = [{ ...listen, path: [...path, "listen"] }];
    const facts = {
      kind: "flow",
      id: `flow/${name}`,
      path,
      doors,
      endpoints: doors,
      targetPath: [...path, "target"],
    } as const;
    if (target === undefined) return { ...facts, targetWritten: false, relayed: false };
    return { ...facts, target, targetWritten: true, relayed: true };
  });
}

function grantLists({ data }: Reading, flows: readonly FlowFact[]): readonly GrantList[] {
  const byId = new Map(flows.map((flow) => [flow.id, flow]));
  const lists: GrantList[] = [];
  const add = (path: Path, items: readonly RawGrant[] | undefined, of: readonly (Selectable | undefined)[]): void => {
    if (items !== undefined) lists.push({ path, items, flows: of.filter((flow) => flow !== undefined) });
  };
  for (const [key, depot] of Object.entries(data.depots ?? {})) {
    const path = ["depots", key];
    const all = numberTerminals(depot.terminals).terminals.map((one) => {
      return { ...one, flow: byId.get(terminalId({ depot: Number(key), terminal: one.number })) };
    });
    add(
      [...path, "allow"],
      depot.allow,
      all.filter(({ raw }) => raw.allow === undefined).map(({ flow }) => flow),
    );
    for (const one of all) {
      add([...path, "terminals", ...one.path, "allow"], one.raw.allow, [one.flow]);
      add([...path, "terminals", ...one.path, "extra"], one.raw.extra, [one.flow]);
    }
  }
  for (const [name, { allow }] of Object.entries(data.services ?? {})) {
    add(["services", name, "allow"], allow, [byId.get(`service/${name}`)]);
  }
  for (const [name, { allow }] of Object.entries(data.flows ?? {}))
    add(["flows", name, "allow"], allow, [byId.get(`flow/${name}`)]);
  add(["ssh", "allow"], data.ssh?.allow, [{ id: "ssh", endpoints: [] }]);
  for (const [name, { ssh }] of Object.entries(data.machines ?? {})) {
    add(["machines", name, "ssh", "allow"], ssh?.allow, [{ id: `ssh/${name}`, endpoints: [] }]);
  }
  return lists;
}
