/**
 * systemd: the gateway's own unit, the route that guards it, and for each service of a back-end machine what its unit lacks.
 *
 * For systemd 249 (Ubuntu 22.04) and 252 (Debian 12): no `Type=notify-reload` (253), and nothing else that is newer.
 */
import type { Machine } from "../../inventory/model.ts";
import { isTailscale } from "../gateway-places.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { gatewayUnit } from "./gateway-unit.ts";
import { GUARD_ROUTE, guardRouteUnit } from "./guard-route.ts";
import { serviceDropIns } from "./service-drop-in.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  const { gateway } = subject.inventory;
  const unit = file("ecluse.service", gatewayUnit(subject));
  return isTailscale(gateway) ? [unit, file(GUARD_ROUTE, guardRouteUnit(gateway))] : [unit];
}

export function renderMachine(subject: Subject, machine: Machine): readonly RenderedFile[] {
  return serviceDropIns(subject, machine).map(({ unit, body }) => file(`${unit}.service.d/ecluse.conf`, body));
}

function file(name: string, body: string): RenderedFile {
  return { path: `systemd/${name}`, body, comment: "#" };
}
