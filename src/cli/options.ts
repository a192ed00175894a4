/** Options that several commands share. */
import type { Option } from "./command.ts";

export const inventory: Option = {
  name: "inventory",
  value: "FILE",
  description: "the inventory (default: $ECLUSE_INVENTORY, else ./ecluse.yaml)",
};

export const json: Option = { name: "json", description: "print data as JSON" };

/** Which running gateway is meant. */
export const running: readonly Option[] = [
  {
    name: "control",
    value: "PATH",
    description: "the gateway's socket (default: $ECLUSE_CONTROL, else as its inventory says)",
  },
  inventory,
];

/** The same, and where it keeps its journal: that is read where no gateway runs. */
export const runningOrNot: readonly Option[] = [
  ...running,
  {
    name: "state",
    value: "FOLDER",
    description: "its state directory, read where no gateway runs (default: as its inventory says)",
  },
];

/** A stretch of time: see `instant.ts`. */
export const stretch: readonly Option[] = [
  { name: "from", value: "INSTANT", description: "from here on: 14:30 (today), 2026-11-01, 2h (ago), ISO 8601" },
  { name: "to", value: "INSTANT", description: "before this instant, written the same way" },
];
