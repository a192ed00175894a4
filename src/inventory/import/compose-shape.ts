/**
 * Whether a compose file is what it looks like: a listing that lost its indentation is still YAML, with a service that
 * holds nothing and keys that belong to nobody. Half of it must never be taken for the whole.
 */
import { quote } from "../quote.ts";
import type { Entry, Mapping, Tree } from "../tree.ts";
import type { Account } from "./account.ts";
import { isServiceKey, isTopKey } from "./compose-keys.ts";

export interface ComposeService {
  readonly name: string;
  readonly entry: Entry;
  readonly body: Mapping;
}

const REPAIR = "indent it as it was meant, or let --repair do it and read what it tells";

/** The services of the file; what stands where it does not belong is reported. */
export function servicesOf(root: Mapping, account: Account): readonly ComposeService[] {
  const section = root.entries.get("services");
  const strays = [...root.entries].flatMap(([key, entry]) => judgeTop(key, entry, account));
  const inside = section === undefined ? [] : judgeSection(section, account);
  for (const service of [...inside, ...strays]) judgeRestart(service, account);
  const { report } = account;
  const include = root.entries.get("include");
  if (include !== undefined) {
    const hint = "import what docker compose config prints: it has everything filled in";
    report.add("not-followed", include.at, "include names other files, which are not read", hint);
  }
  return inside;
}

function judgeSection({ at, value }: Entry, account: Account): readonly ComposeService[] {
  if (value.kind === "mapping") return [...value.entries].flatMap(([name, entry]) => judgeInside(name, entry, account));
  account.report.add("not-compose", at, "services holds no service", "write the services below it, indented");
  return [];
}

function judgeInside(name: string, entry: Entry, { report }: Account): readonly ComposeService[] {
  const { at, value } = entry;
  if (value.kind === "mapping" && (!isServiceKey(name) || looksLikeService(value))) {
    return name.startsWith("x-") ? [] : [{ name, entry, body: value }];
  }
  if (isServiceKey(name)) {
    const message = `${quote(name)} stands beside the services, not inside one: it leaked out of the service above`;
    report.add("leaked-key", at, message, REPAIR);
  } else if (value.kind === "leaf" && value.value === null) {
    report.add("null-service", at, `the service ${quote(name)} holds nothing: its keys stand elsewhere`, REPAIR);
  } else {
    report.add("leaked-key", at, `${quote(name)} is neither a service nor a key of one`, REPAIR);
  }
  return [];
}

/** Services outside `services`, which still are judged as such. */
function judgeTop(key: string, entry: Entry, { report }: Account): readonly ComposeService[] {
  if (isTopKey(key)) return [];
  const { at, value } = entry;
  if (value.kind === "mapping" && looksLikeService(value)) {
    report.add("stray-service", at, `the service ${quote(key)} stands outside of services`, REPAIR);
    return [{ name: key, entry, body: value }];
  }
  if (isServiceKey(key)) {
    const message = `${quote(key)} stands at the top, outside every service: it leaked out of the one above`;
    report.add("leaked-key", at, message, REPAIR);
  } else if (isEmpty(value)) {
    report.add("null-service", at, `${quote(key)} holds nothing, and stands outside of services`, REPAIR);
  } else {
    report.add("leaked-key", at, `${quote(key)} is no key of a compose file`, REPAIR);
  }
  return [];
}

function judgeRestart({ name, entry, body }: ComposeService, { report }: Account): void {
  if (!body.entries.has("ports") || body.entries.has("restart") || body.entries.has("deploy")) return;
  const message = `${quote(name)} has no restart: it stays down after a crash or a start of the host`;
  report.add("missing-restart", entry.at, message, "nothing to do for the inventory: one gateway serves every door");
}

function looksLikeService(value: Mapping): boolean {
  return ["image", "build", "command", "ports"].some((key) => value.entries.has(key));
}

function isEmpty(value: Tree): boolean {
  return value.kind === "leaf" && value.value === null;
}
