/**
 * `import compose`: the services of a compose file, one public port each or several, as mappings.
 *
 * Promises that a file is read whole or refused: what lost its place is an error with its own, and what is published
 * but cannot be taken over is told, service by service.
 */
import { formatAddress } from "@ecluse/guard/address";
import { quote } from "../quote.ts";
import { readYaml } from "../read-yaml.ts";
import type { Report } from "../report.ts";
import type { SourceFile, Tree } from "../tree.ts";
import type { FindingCode } from "../catalogue.ts";
import { type Account, createAccount } from "./account.ts";
import { type Published, readPorts, sexagesimalOf } from "./compose-ports.ts";
import { judgeProse } from "./compose-prose.ts";
import { repairIndentation } from "./compose-repair.ts";
import { type ComposeService, servicesOf } from "./compose-shape.ts";
import { targetsOf, textsOf, type Told } from "./compose-target.ts";
import { formatPorts, type Mapping } from "./draft.ts";
import {
  betweenFences,
  type Excerpt,
  formatStretch,
  linesIn,
  linesOf,
  onlyStretches,
  originalSpot,
  relocate,
  spotOn,
  type Stretch,
  wholeText,
} from "./excerpt.ts";

export interface ComposeOptions {
  /** Puts a lost indentation back, and tells each line. */
  readonly repair: boolean;
  /** Profiles that are started; `*`: all of them. */
  readonly profiles: readonly string[];
}

const CONFIG = "import what docker compose config prints: it has everything filled in";
/** More than the plan has ports, twice over; a range a hundred times repeated must not fill the memory. */
const MOST_MAPPINGS = 20_000;

export function readCompose(file: SourceFile, account: Account, options: ComposeOptions): readonly Mapping[] {
  const listing = listingIn(file, account);
  if (listing === undefined) return [];
  const mended = options.repair && isBroken(listing) ? repairIndentation(listing, account) : listing;
  if (options.repair && mended === listing) account.did(spotOn(file, 1), "nothing to repair");
  return servicesIn(mended, account).flatMap((service) => mappingsOf(service, account, options));
}

/** The listing that holds `services:`; of a document, the fenced one, and what a page's end cut off it. */
function listingIn(file: SourceFile, account: Account): Excerpt | undefined {
  const lines = linesOf(file);
  const stretches = betweenFences(lines);
  const holding = stretches.flatMap((stretch, index) => {
    return linesIn(lines, stretch).some((line) => /^services\s*:/.test(line)) ? [index] : [];
  });
  const [index, another] = holding;
  if (stretches.length === 1 || index === undefined) return wholeText(file);
  if (another !== undefined) {
    const message = "a second listing with services begins here";
    const hint = "import one of them at a time: cut the other out";
    account.report.add("not-compose", spotOn(file, stretches[another]?.first ?? 1), message, hint);
    return undefined;
  }
  const parts = continued(lines, stretches.slice(index));
  judgeProse(file, parts, account);
  account.did(spotOn(file, parts[0]?.first ?? 1), `read: ${parts.map(formatStretch).join(" and ")}; the rest is not`);
  return onlyStretches(file, parts);
}

/** The first stretch, and each further one that only an empty gap between two fences keeps apart from it. */
function continued(lines: readonly string[], stretches: readonly Stretch[]): readonly Stretch[] {
  const parts = stretches.slice(0, 1);
  for (let index = 1; index + 1 < stretches.length; index += 2) {
    const [gap, next] = stretches.slice(index, index + 2);
    const isPageEnd = gap !== undefined && linesIn(lines, gap).every((line) => line.trim() === "");
    if (!isPageEnd || next === undefined) break;
    parts.push(next);
  }
  return parts;
}

/** Whether the listing is refused as it stands. */
function isBroken(listing: Excerpt): boolean {
  const trial = createAccount();
  servicesIn(listing, trial);
  return trial.report.hasErrors();
}

function servicesIn(excerpt: Excerpt, account: Account): readonly ComposeService[] {
  const { file } = excerpt;
  const report: Report = {
    ...(account.report as Report),
    add: (code: FindingCode, at, message, hint) =>
      account.report.add(code, originalSpot(excerpt, at), message, code === "bad-yaml" ? cutHint(excerpt, hint) : hint),
  };
  const { tree } = readYaml(file.name, excerpt.lines.join("\n"), report, { mergeKeys: true });
  if (tree?.kind !== "mapping") return [];
  const root = relocate(tree, (spot) => originalSpot(excerpt, spot)) as typeof tree;
  if (!root.entries.has("services")) {
    const hint = "give the compose file itself, or the document whose listing has a line services:";
    account.report.add("not-compose", spotOn(file, 1), "there is no services: here", hint);
  }
  return servicesOf(root, account);
}

/** A document that was pasted whole is no YAML: its reader has to know which lines are. */
function cutHint({ lines }: Excerpt, hint: string): string {
  const start = lines.findIndex((line) => /^services\s*:/.test(line)) + 1;
  const before = lines.slice(0, start - 1).filter((line) => !/^\s*(?:#.*|version:.*|---)?$/.test(line));
  if (start === 0 || before.length === 0) return hint;
  return `keep only the listing: from line ${start} (services:) to its end; or put it between two lines of \`\`\``;
}

function mappingsOf(service: ComposeService, account: Account, options: ComposeOptions): readonly Mapping[] {
  const { name, entry, body } = service;
  if (refuseUnfilled(service, account)) return [];
  const items = portItems(body.entries.get("ports")?.value);
  if (items.length === 0) {
    account.did(entry.at, `${name}: publishes no port; left out`);
    return [];
  }
  const profile = profileMissing(service, options.profiles);
  if (profile !== undefined) {
    const message = `${quote(name)} starts only with the profile ${quote(profile)}`;
    account.report.add("not-mapped", entry.at, message, `add --profile ${profile} where it is in use`);
    return [];
  }
  const ports = items.flatMap((item) => published(item, account));
  const told = targetOf(service, account);
  return told === undefined || ports.length === 0 ? [] : joined(service, ports, told, account);
}

function portItems(tree: Tree | undefined): readonly Tree[] {
  if (tree === undefined || (tree.kind === "leaf" && tree.value === null)) return [];
  return tree.kind === "list" ? tree.items : [tree];
}

function published(item: Tree, account: Account): readonly Published[] {
  const number = sexagesimalOf(item);
  if (number !== undefined && item.kind === "leaf") {
    const message = `${quote(item.text)} without quotes is the number ${number} to YAML 1.1; read as ${quote(item.text)}`;
    account.report.add("sexagesimal", item.at, message, `put it in quotes, and look at what runs: "${item.text}"`);
  }
  const result = readPorts(item);
  if (!("message" in result)) return result;
  account.report.add("not-mapped", result.at, result.message, result.hint);
  return [];
}

/** Text from elsewhere: a service that extends another, a variable that Docker would fill in. */
function refuseUnfilled({ name, body }: ComposeService, { report }: Account): boolean {
  const extending = body.entries.get("extends");
  if (extending !== undefined) {
    report.add("not-followed", extending.at, `${quote(name)} extends another service, which is not looked up`, CONFIG);
    return true;
  }
  const unfilled = ["ports", "entrypoint", "command", "environment"].find((key) => {
    const texts = textsOf(body.entries.get(key)?.value);
    return texts.some((text) => /\$(?:\{|[A-Za-z_])/.test(text.replaceAll("$$", "")));
  });
  if (unfilled === undefined || !body.entries.has("ports")) return false;
  const at = body.entries.get(unfilled)?.at ?? body.at;
  report.add("not-followed", at, `${quote(unfilled)} of ${quote(name)} has a variable that nobody filled in`, CONFIG);
  return true;
}

/** The profile without which the service does not start; `undefined`: it starts. */
function profileMissing({ body }: ComposeService, started: readonly string[]): string | undefined {
  const profiles = textsOf(body.entries.get("profiles")?.value);
  if (started.includes("*") || profiles.some((profile) => started.includes(profile))) return undefined;
  return profiles[0];
}

function targetOf({ name, entry, body }: ComposeService, { report }: Account): Told | undefined {
  const told = targetsOf(body);
  const [first, ...others] = told;
  const others_ = others.filter(({ target }) => !isSame(target, first?.target));
  if (first !== undefined && others_.length === 0) return first;
  const at = body.entries.get("command")?.at ?? body.entries.get("environment")?.at ?? entry.at;
  if (first === undefined) {
    const message = `${quote(name)} does not say to which IPv4 address and port it leads`;
    const hint = "write command: ADDRESS PORT, or TARGET_HOST and TARGET_PORT; or add it to flows by hand";
    report.add("not-mapped", at, message, hint);
  } else {
    const all = told.map(({ target, by }) => `${formatAddress(target.address)}:${target.port} by ${by}`).join(", ");
    report.add("two-targets", at, `${quote(name)} leads to ${all}`, "leave the one that it really connects to");
  }
  return undefined;
}

function isSame(a: Told["target"], b: Told["target"] | undefined): boolean {
  return a.address === b?.address && a.port === b.port;
}

/** Where a container has several ports, only the one of the target is known to lead there. */
function joined(
  service: ComposeService,
  ports: readonly Published[],
  told: Told,
  account: Account,
): readonly Mapping[] {
  const { name, entry } = service;
  const isOnePort = new Set(ports.map(({ container }) => container)).size === 1;
  const [known, unknown] = [true, false].map((wanted) =>
    ports.filter(({ container }) => (isOnePort || container === told.target.port) === wanted),
  );
  for (const [at, some] of Map.groupBy(unknown ?? [], (one) => one.at)) {
    const [outside, inside] = [some.map(({ port }) => port), some.map(({ container }) => container)].map(formatPorts);
    const message = `${quote(name)} publishes ${outside ?? ""} to its port ${inside ?? ""}; where that leads is not written`;
    account.report.add("not-mapped", at, message, "add it to flows by hand, with its target");
  }
  if ((known?.length ?? 0) > MOST_MAPPINGS) {
    account.report.add("too-large", entry.at, `${quote(name)} publishes more than 20,000 ports`, "import fewer");
    return [];
  }
  return (known ?? []).map(({ at, port, host }) => ({
    name,
    at,
    port,
    ...(host === undefined ? {} : { host }),
    ...told,
  }));
}
