/** The units of a machine's services: where each was told to listen, and whom to let in, and whether it runs with that. */
import { type Network, formatAddress, parseNetwork } from "@ecluse/guard/address";
import type { Service } from "../../inventory/model.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { type Audited, finding } from "../audited.ts";
import type { AuditCode } from "../catalogue.ts";
import { reading } from "../facts.ts";
import type { AuditFinding } from "../finding.ts";
import { addressesOf, isNobody, sameAddresses, sayAddresses, without } from "../wall/address-set.ts";
import { addressesOfGrants } from "./guarded-doors.ts";
import { installDropIn, isServedByNginx } from "./listener-fixes.ts";
import { type Unit, unitOf } from "../parse/units.ts";

export function compareUnits(audited: Audited): readonly AuditFinding[] {
  return audited.doors.flatMap(({ service }) =>
    service?.unit === undefined ? [] : atService({ audited, service, name: service.unit }),
  );
}

/** What the guard reads. */
const ALLOWED = "ALLOWED_SOURCE_IP";

/** It has no guard, and judges by its own configuration. */
const NGINX = "nginx";

interface Place {
  readonly audited: Audited;
  readonly service: Service;
  readonly name: string;
}

function atService(place: Place): readonly AuditFinding[] {
  const unit = unitOf(place.audited.facts, place.name);
  if (unit === undefined) return unread(place);
  if (!unit.loaded) return [found(place, "unit-missing", unit, `systemd has no unit ${place.name}`)];
  return [...stale(place, unit), ...hostVariable(place, unit), ...allowed(place, unit), ...notRestarted(place, unit)];
}

function unread({ audited, service, name }: Place): readonly AuditFinding[] {
  const { source = "", failed } = reading(audited.facts, `unit:${name}`) ?? {};
  if (failed === undefined) return [];
  const message = `the unit ${name} could not be read on ${audited.host}: ${escapeControls(failed)}`;
  const evidence = { source, line: escapeControls(failed) };
  const fix = "ask systemd there, as root";
  return [finding(audited, "cannot-read", { flow: `service/${service.name}`, message, evidence, fix })];
}

function stale(place: Place, unit: Unit): readonly AuditFinding[] {
  return unit.isStale
    ? [found(place, "unit-stale", unit, `${place.name}: its files were changed since systemd read them`)]
    : [];
}

function hostVariable(place: Place, unit: Unit): readonly AuditFinding[] {
  const { hostVariable: name } = place.service;
  if (name === undefined) return [];
  const machine = place.audited.inventory.machines.find((each) => each.name === place.service.machine);
  const should = machine === undefined ? "" : formatAddress(machine.address);
  const is = unit.environment.get(name);
  if (is === should) return [];
  return [found(place, "unit-host", unit, `${place.name}: ${name} is ${said(is)}, not ${should}`)];
}

/** As a set of addresses, however it is spelt. */
function allowed(place: Place, unit: Unit): readonly AuditFinding[] {
  const { audited, service, name } = place;
  // nginx is told by its own configuration.
  if (isServedByNginx(service)) return [];
  const list = unit.environment.get(ALLOWED);
  const should = addressesOfGrants(service.grants, audited);
  const message = `${name}: ${ALLOWED} is ${said(list)}; the inventory lets in ${isNobody(should) ? "nobody" : sayAddresses(should)}`;
  // systemd's own filter is a list, too.
  if (list === undefined)
    return unit.denies.length > 0 || name === NGINX ? [] : [found(place, "guard-off", unit, message)];
  const read = list.split(",").map((text) => parseNetwork(text.trim()));
  const is = addressesOf(read.filter((each): each is Network => "address" in each));
  if (sameAddresses(is, should)) return [];
  return [found(place, isNobody(without(is, should)) ? "guard-narrower" : "guard-wider", unit, message)];
}

/** A list is read when a service starts: until then the old one holds. */
function notRestarted(place: Place, { environment, running, source, text }: Unit): readonly AuditFinding[] {
  if (running === undefined) return [];
  const names = [ALLOWED, ...(place.service.hostVariable === undefined ? [] : [place.service.hostVariable])];
  return names.flatMap((name) => {
    const [now, is] = [running.get(name), environment.get(name)];
    if (now === is) return [];
    const message = `${place.name} runs with ${name} ${said(now)}; its unit says ${said(is)}`;
    return [found(place, "unit-not-restarted", { source, text: `${text}\n${name}=${now ?? ""}` }, message)];
  });
}

const FIXES: Readonly<Partial<Record<AuditCode, (name: string, host: string) => string>>> = {
  "unit-missing": (name, host) => `install ${name}.service on ${host}, with ecluse render systemd --machine ${host}`,
  "unit-stale": (name) => `systemctl daemon-reload && systemctl restart ${name}`,
  "unit-not-restarted": (name) => `systemctl restart ${name}`,
};

function found(
  { audited, service, name }: Place,
  code: AuditCode,
  { source, text }: Pick<Unit, "source" | "text">,
  message: string,
): AuditFinding {
  const fix = FIXES[code]?.(name, audited.host) ?? installDropIn(audited.host, name);
  return finding(audited, code, {
    flow: `service/${service.name}`,
    message,
    evidence: { source, line: text.split("\n").map(escapeControls).join("\n") },
    fix,
  });
}

function said(value: string | undefined): string {
  return value === undefined ? "not set" : value === "" ? "empty" : escapeControls(value);
}
