/** The commands that look at hosts; a part of the table in `commands.ts`. */
import type { Command, Operand, Option } from "./command.ts";
import { inventory, json, running, runningOrNot, stretch } from "./options.ts";

const host: Operand = {
  name: "HOST",
  description: "gateway, or a machine of the inventory (default: this host)",
  required: false,
};
const all: Option = { name: "all", description: "the gateway and every machine" };
const here: Option = {
  name: "here",
  value: "NAME",
  description: "which of them this host is; the others are asked over ssh (default: gateway)",
};

const loading: readonly Option[] = [
  { name: "rate", value: "N/s", description: "connections a second, at most 200/s (default: 20/s)" },
  { name: "for", value: "DURATION", description: "how long, at most 5m (default: 30s)" },
  { name: "pay", description: "pay, where every target is a simulated terminal on loopback" },
  { name: "yes", description: "also where a target is not on loopback" },
];

export const HOST_COMMANDS: readonly Command[] = [
  {
    name: "logs",
    summary: "what journal, firewall, unit and containers say of a terminal, in order of time",
    operands: [{ name: "SELECTOR", description: "only these flows (depot22, 22/1, 12201, a glob)", required: false }],
    options: [
      ...runningOrNot,
      ...stretch,
      { name: "ufw-log", value: "FILE", description: "the firewall's log (default: /var/log/ufw.log and ufw.log.1)" },
      json,
    ],
    example: "ecluse logs depot22-tpe03 --from 14:30 --to 14:35",
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "facts",
    summary: "read what hosts really do, and keep it for a comparison elsewhere",
    operands: [host],
    options: [
      inventory,
      all,
      here,
      { name: "out", value: "FILE", description: "write it there instead of printing it" },
    ],
    example: "ecluse facts --all --out facts.json",
    load: () => import("./commands/facts.ts"),
  },
  {
    name: "audit",
    summary: "compare what hosts really do with the inventory, and say what to do",
    operands: [host],
    options: [
      inventory,
      all,
      here,
      { name: "facts", value: "FILE", description: "compare what ecluse facts has read, and ask no host" },
      { name: "sarif", description: "print findings as SARIF 2.1.0" },
      { name: "html", description: "print a page to keep" },
      json,
    ],
    example: "ecluse audit --all",
    load: () => import("./commands/audit.ts"),
  },
  {
    name: "doctor",
    summary: "look for the traps of this host: Docker, routes, tunnel, kernel, clock",
    options: [
      inventory,
      { name: "facts", value: "FILE", description: "look at what ecluse facts has read on the gateway" },
      { name: "all", description: "print what is in order, too" },
      json,
    ],
    example: "ecluse doctor",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "why",
    summary: "walk from the till to a terminal, and name the step that breaks",
    operands: [{ name: "TERMINAL", description: "one of them (22/1, depot22-tpe01, 12201)", required: true }],
    options: [
      ...running,
      { name: "from", value: "ADDRESS", description: "whether this till may enter (default: whether anybody may)" },
      json,
    ],
    example: "ecluse why 22/3 --from 203.0.113.7",
    load: () => import("./commands/why.ts"),
  },
  {
    name: "accept",
    summary: "try what must connect and what must be refused, and write the acceptance report",
    options: [
      ...running,
      {
        name: "from",
        value: "PLACE",
        description:
          "come from there: an address of this host, a machine of the inventory, or NAME=ADDRESS over ssh (default: every address of this host)",
        repeatable: true,
      },
      { name: "sample", value: "N", description: "attempts; a fleet with more is sampled (default: 500)" },
      { name: "seed", value: "N", description: "draw the same sample again" },
      { name: "load", description: "then put load on the doors found open, see ecluse load" },
      ...loading,
      { name: "out", value: "DIR", description: "write the report there: JSON, and HTML in French and English" },
      json,
    ],
    example: "ecluse accept --from 203.0.113.7 --from stranger=192.0.2.66 --out acceptance/",
    load: () => import("./commands/accept.ts"),
  },
  {
    name: "load",
    summary: "put bounded load on the doors of one's own gateway",
    operands: [{ name: "SELECTOR", description: "which terminals (depot22, 22/1, 12201, a glob)", required: true }],
    options: [
      inventory,
      { name: "from", value: "ADDRESS", description: "come from this address of this host (default: one that may)" },
      ...loading,
      json,
    ],
    example: "ecluse load depot22 --rate 20/s --for 30s",
    load: () => import("./commands/load.ts"),
  },
];
