/** One check of a host: what was looked at, what was found, why it matters, what to do. */
import type { Audited } from "../audit/audited.ts";
import type { HostFacts } from "../audit/facts.ts";
import { reading } from "../audit/facts.ts";
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

/** Of what could not be read, or is not there. */
export function missing(code: DiagnosisCode, facts: HostFacts, id: string, what: string): Diagnosis {
  const { source = id, failed } = reading(facts, id) ?? {};
  const isAbsent = failed === undefined || failed.startsWith("exit 127");
  const fix = isAbsent ? "" : "run it as root";
  return { code, state: isAbsent ? "absent" : "unknown", what, evidence: { source, line: failed ?? "" }, fix };
}
