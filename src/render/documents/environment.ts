/** The environment variables of each service, as its systemd unit sets them. */
import { formatAddress } from "@ecluse/guard/address";
import type { Machine, Service } from "../../inventory/model.ts";
import type { RenderedFile } from "../rendered-file.ts";
import { type Subject, networksOf, rightsOf } from "../subject.ts";
import { columnsOf, headsOf } from "./columns.ts";
import { documentFiles } from "./document-files.ts";
import { type Block, type Document, type Sheet, type Text, code } from "./document.ts";
import { formatEndpoint, formatInstant } from "./place.ts";
import { variablesOf } from "./service-variables.ts";
import type { ColumnName, Words } from "./words.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  return documentFiles("environment", subject, environment);
}

const READ: readonly ColumnName[] = ["service", "unit", "variable", "value", "outbound"];

function environment(subject: Subject, words: Words): Document {
  const { environment: said, frame } = words;
  const { machines, services } = subject.inventory;
  return {
    title: said.title,
    sheet: sheetOf(subject, words),
    blocks: [
      { kind: "paragraph", text: services.length === 0 ? said.none : said.intro },
      ...(services.length === 0 ? [] : [{ kind: "notice", text: frame.unencrypted } as const]),
      ...machines.flatMap((machine) => machineBlocks(machine, subject, words)),
      ...(services.length === 0
        ? []
        : ([
            { kind: "heading", level: 2, text: said.rulesTitle },
            { kind: "list", items: said.rules },
          ] as const)),
    ],
  };
}

function machineBlocks(machine: Machine, subject: Subject, words: Words): readonly Block[] {
  const services = subject.inventory.services.filter((service) => service.machine === machine.name);
  if (services.length === 0) return [];
  const { environment: said } = words;
  const notes = services.flatMap((service) => notesOn(service, machine, { subject, words }));
  return [
    { kind: "heading", level: 2, text: said.machine(machine.name, formatAddress(machine.address)) },
    {
      kind: "table",
      caption: said.caption(machine.name),
      columns: columnsOf(READ, words),
      rows: services.flatMap((service) =>
        variablesOf(service, machine, subject).map(({ name, value }) => [
          service.name,
          service.unit ?? "",
          [code(name)],
          [code(value)],
          outboundOf(service, words),
        ]),
      ),
    },
    ...(notes.length === 0 ? [] : [{ kind: "list", items: notes } as const]),
  ];
}

interface Context {
  readonly subject: Subject;
  readonly words: Words;
}

/** What a variable cannot say. */
function notesOn(service: Service, machine: Machine, { subject, words }: Context): readonly Text[] {
  const { environment: said } = words;
  const { name, hostVariable, port } = service;
  const networks = networksOf(service.grants, subject);
  const ending = rightsOf(service.grants, subject).flatMap(({ source, until }) =>
    until === undefined ? [] : [said.ends(name, source.name, formatInstant(until))],
  );
  return [
    ...(hostVariable === undefined ? [said.noHostVariable(name, formatEndpoint({ ...machine, port }))] : []),
    ...(networks.length === 0 ? [said.nobody(name)] : []),
    ...(networks[0]?.prefix === 0 ? [said.anybody(name)] : []),
    ...ending,
  ];
}

function outboundOf({ outbound }: Service, { environment: said }: Words): string {
  if (outbound === undefined) return "";
  if (outbound === "any") return said.outboundAny;
  return outbound.length === 0 ? said.outboundNone : outbound.join(", ");
}

function sheetOf(subject: Subject, words: Words): Sheet {
  const { machines, services } = subject.inventory;
  return {
    columns: headsOf(["machine", ...READ], words),
    rows: machines.flatMap((machine) =>
      services
        .filter((service) => service.machine === machine.name)
        .flatMap((service) =>
          variablesOf(service, machine, subject).map(({ name, value }) => {
            const of = [machine.name, service.name, service.unit ?? ""];
            return [...of, name, value, outboundOf(service, words)];
          }),
        ),
    ),
  };
}
