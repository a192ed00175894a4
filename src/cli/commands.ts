/** The table of commands. `docs/cli.md` describes each, and a test compares both ways. */
import type { Command } from "./command.ts";
import { HOST_COMMANDS } from "./host-commands.ts";
import { OPERATOR_COMMANDS } from "./operator-commands.ts";
import { inventory, json } from "./options.ts";

export const COMMANDS: readonly Command[] = [
  {
    name: "init",
    summary: "write a commented inventory to start from",
    operands: [{ name: "FILE", description: "where to write it (default: ./ecluse.yaml)", required: false }],
    options: [],
    example: "ecluse init",
    load: () => import("./commands/init.ts"),
  },
  {
    name: "import",
    summary: "write an inventory from compose files, rules of ufw, or tables of terminals",
    operands: [
      { name: "FORMAT", description: "of the files: compose, ufw or csv", required: true },
      { name: "FILE", description: "what to read; -: standard input", required: true, variadic: true },
    ],
    options: [
      { name: "ufw", value: "FILE", description: "join these rules of ufw as well", repeatable: true },
      { name: "csv", value: "FILE", description: "join this table of terminals as well", repeatable: true },
      { name: "address", value: "ADDRESS", description: "the gateway's address, where no file says it" },
      {
        name: "source",
        value: "NAME=ADDRESS",
        description: "what NAME stands for in the rules; or what to call an address (several: a,b)",
        repeatable: true,
      },
      {
        name: "profile",
        value: "NAME",
        description: "import services of this compose profile; '*': of all",
        repeatable: true,
      },
      { name: "repair", description: "put a compose file's lost indentation back, and tell each line" },
      { name: "out", value: "FILE", description: "write it there instead of printing it" },
      { name: "force", description: "overwrite that file" },
      json,
    ],
    example: "ecluse import compose docker-compose.yml --ufw user.rules --address 198.51.100.10 --out ecluse.yaml",
    load: () => import("./commands/import.ts"),
  },
  {
    name: "check",
    summary: "validate an inventory and print what is wrong with it, or what it opens",
    operands: [
      {
        name: "SELECTOR",
        description: "with --show: only these flows (depot22, 22/1, 12201, a glob)",
        required: false,
      },
    ],
    options: [
      inventory,
      json,
      { name: "github", description: "print findings as GitHub annotations" },
      { name: "show", description: "print every flow: who may reach what, through which door" },
    ],
    example: "ecluse check --show depot22",
    load: () => import("./commands/check.ts"),
  },
  {
    name: "render",
    summary: "print, write or compare a file or document that follows from the inventory",
    operands: [{ name: "TARGET", description: "what to render, or all: see docs/render.md", required: true }],
    options: [
      inventory,
      { name: "out", value: "PATH", description: "write into this folder (DIR/) or file" },
      { name: "check", description: "compare with what is there and exit with 1 where it differs" },
      { name: "force", description: "replace files that were changed by hand, too" },
      { name: "machine", value: "NAME", description: "what this back-end machine needs, not the gateway" },
      { name: "language", value: "fr|en", description: "of a document (default: the inventory's)" },
      { name: "format", value: "md|html|csv", description: "of a document (default: md)" },
      { name: "live", description: "with the running gateway's temporary grants" },
      {
        name: "control",
        value: "PATH",
        description: "with --live: the gateway's socket (default: $ECLUSE_CONTROL, else as its inventory says)",
      },
      json,
    ],
    example: "ecluse render all --out rendered/",
    load: () => import("./commands/render.ts"),
  },
  {
    name: "serve",
    summary: "open the inventory's doors and relay, until SIGTERM",
    options: [
      inventory,
      { name: "json", description: "print JSON lines even on a terminal" },
      { name: "watch", description: "apply the file when it changes, instead of announcing it" },
      {
        name: "state",
        value: "FOLDER",
        description: "the state directory (default: gateway.state, else the user's own)",
      },
      {
        name: "control",
        value: "PATH",
        description: "the control socket (default: gateway.control, else beside the state)",
      },
      { name: "keep-rules", description: "engine kernel: doors and sessions stay when it stops" },
    ],
    example: "ecluse serve --inventory /etc/ecluse/ecluse.yaml",
    load: () => import("./commands/serve.ts"),
  },
  {
    name: "forward",
    summary: "open one door without an inventory, until SIGTERM: what a container of its own does",
    operands: [
      { name: "ADDRESS", description: "where it leads: an IPv4 address", required: true },
      { name: "PORT", description: "and a port", required: true },
    ],
    options: [
      { name: "listen", value: "ADDRESS:PORT", description: "where it is entered (default: 0.0.0.0:8888)" },
      {
        name: "allow",
        value: "NETWORKS",
        description:
          "who may enter, with commas; for a while: NETWORK until INSTANT (default: $ECLUSE_ALLOW, else nobody)",
      },
      { name: "limits", value: "LIMITS", description: "as gateway.limits: idle=300s,drain=200s" },
      { name: "sessions", value: "N", description: "sessions at once at the target (default: no limit)" },
      { name: "queue", value: "N", description: "so many may wait for a place instead of being turned away" },
      { name: "wait", value: "DURATION", description: "and so long (default: 30s)" },
      {
        name: "revoke",
        value: "WORD",
        description: "sessions of a right that has ended: drain, cut or keep (default: drain)",
      },
      { name: "json", description: "print JSON lines even on a terminal" },
    ],
    example: "ecluse forward 172.17.1.10 8888 --allow 203.0.113.7,203.0.113.16/28",
    load: () => import("./commands/forward.ts"),
  },
  ...OPERATOR_COMMANDS,
  ...HOST_COMMANDS,
  {
    name: "simulate",
    summary: "answer as a Caisse-AP payment terminal with scripted behaviour",
    operands: [
      { name: "SELECTOR", description: "terminals of the inventory to stand in for (22/1, depot22)", required: false },
    ],
    options: [
      inventory,
      { name: "listen", value: "ADDRESS:PORT", description: "listen here instead (default: 127.0.0.1:8888)" },
      { name: "behaviour", value: "NAME", description: "what it does: see docs/cli.md (default: pay)" },
      { name: "delay", value: "DURATION", description: "how long the customer takes, up to 180s (default: 2s)" },
      json,
    ],
    example: "ecluse simulate --listen 127.17.22.10:8888 --behaviour split --delay 5s",
    load: () => import("./commands/simulate.ts"),
  },
  {
    name: "demo",
    summary: "two simulated depots, a gateway, payments and a refused stranger, all on loopback",
    options: [
      json,
      { name: "for", value: "DURATION", description: "stop by itself after this long (default: until q)" },
      { name: "no-dashboard", description: "serve no dashboard (else on 127.0.0.1:8080, where that is free)" },
    ],
    example: "ecluse demo",
    load: () => import("./commands/demo.ts"),
  },
  {
    name: "completion",
    summary: "print the completion script of a shell",
    operands: [{ name: "SHELL", description: "bash, zsh or fish", required: true }],
    options: [],
    example: "source <(ecluse completion bash)",
    load: () => import("./commands/completion.ts"),
  },
];
