/** One check of a host: what was looked at, what was found, why it matters, what to do. */
import type { Audited } from "../audit/audited.ts";
import { type HostFacts, type Reading, reading } from "../audit/facts.ts";
import { escapeControls } from "../inventory/quote.ts";
import type { DiagnosisCode } from "./catalogue.ts";

export interface Diagnosis {
  /** A key of the catalogue, explained in `docs/doctor.md`. */
  readonly code: DiagnosisCode;
  /** `unknown`: what it rests on could not be read; `absent`: this host has no such thing. */
  readonly state: "ok" | "trouble" | "unknown" | "absent";
  /** One sentence: what is. */
  readonly what: string;
  readonly evidence: { readonly source: string; readonly line: string };
  /** A command, or what to do; empty where nothing is to be done. */
  readonly fix: string;
}

/** A check: pure, over what was read. Several answers where it looks at several things (depots, routers). */
export type Check = (audited: Audited) => readonly Diagnosis[];

/** What a check says that found what it looked for in order. */
export function fine(code: DiagnosisCode, what: string, evidence: Diagnosis["evidence"]): Diagnosis {
  return { code, state: "ok", what, evidence, fix: "" };
}

export function trouble(code: DiagnosisCode, said: Omit<Diagnosis, "code" | "state">): Diagnosis {
  return { code, state: "trouble", ...said };
}

/** Of a thing that this host does not have: a program that is not installed, an interface that does not exist. */
export function absent(code: DiagnosisCode, what: string, evidence: Diagnosis["evidence"]): Diagnosis {
  return { code, state: "absent", what, evidence, fix: "" };
}

/** Of what could not be judged: `id` is the reading that it rests on. Never taken for fine. */
export function unread(code: DiagnosisCode, facts: HostFacts, id: string, what: string): Diagnosis {
  const read = reading(facts, id);
  const evidence = { source: byHand(id, read), line: escapeControls(read?.failed ?? read?.text.trim() ?? "") };
  return { code, state: "unknown", what, evidence, fix: waysToRead(id, read) };
}

/** The same, but `absent` where the program that would tell is not installed. */
export function unreadOrAbsent(code: DiagnosisCode, facts: HostFacts, id: string, what: string): Diagnosis {
  const said = unread(code, facts, id, what);
  return isNotInstalled(facts, id) ? absent(code, what, said.evidence) : said;
}

/** Exit 127: sh found no such program. */
export function isNotInstalled(facts: HostFacts, id: string): boolean {
  return reading(facts, id)?.failed?.startsWith("exit 127") === true;
}

const NOT_ALLOWED =
  /permission denied|operation not permitted|access denied|must be root|need to be root|are you root/i;

function waysToRead(id: string, read: Reading | undefined): string {
  if (read === undefined) return "it was not read: run ecluse doctor on the host itself, or ecluse facts again";
  const said = `${read.failed ?? ""} ${read.text}`;
  return NOT_ALLOWED.test(said) ? "run it as root" : `see what this says: ${byHand(id, read)}`;
}

/** What a person would type, where the script's own line is long. */
const BY_HAND: Readonly<Record<string, string>> = {
  docker: "docker ps",
  "docker-networks": "docker network ls",
  ways: "ip route get ADDRESS",
  sockets: "ss -Htlnp",
  limits: "cat /proc/PID/limits",
};

function byHand(id: string, read: Reading | undefined): string {
  return BY_HAND[id] ?? read?.source ?? id;
}
