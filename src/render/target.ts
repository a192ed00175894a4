/** What a target is: one row of the table in `targets.ts`, and one file with its pure function. */
import type { Machine } from "../inventory/model.ts";
import type { RenderedFile } from "./rendered-file.ts";
import type { Subject } from "./subject.ts";

export interface Target {
  readonly name: string;
  /** One line, for `ecluse render --help` and docs/render.md. */
  readonly summary: string;
  /** Loads the target's file only when it is called. */
  readonly load: () => Promise<Rendering>;
}

/** Throws `EcluseError` `cannot-render` where what the inventory lacks would make the result dangerous. */
export interface Rendering {
  /** For the gateway's host, or for everybody. Absent: the target is for back-end machines only. */
  readonly render?: (subject: Subject) => readonly RenderedFile[];
  /** Whether `all` leaves it out: it cannot serve so large an inventory at all. Asked for by its name, it says why. */
  readonly isLeftOut?: (subject: Subject) => boolean;
  /** For one back-end machine (`--machine`). Absent: the target has nothing for them. */
  readonly renderMachine?: (subject: Subject, machine: Machine) => readonly RenderedFile[];
}
