/**
 * Reads the landscape from its own files, the units and the nginx configurations, so that what runs here and in the
 * test is what the machines would run. Only two things change: the network, where it runs on loopback, and the paths.
 */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export const FOLDER = import.meta.dirname;

/** The document's network, which all addresses of the files begin with. */
const NETWORK = "192.168.1";

export interface Service {
  readonly name: string;
  readonly machine: string;
  /** Exactly what its unit sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where it listens, by its unit. */
  readonly host: string;
  readonly port: number;
  /** What node is given, in the folder of the example. */
  readonly words: readonly string[];
}

/** The services of all units, in a network other than the document's if one is given, such as `127.0.1`. */
export function readServices(network = NETWORK): readonly Service[] {
  return globSync("machines/*/*.service", { cwd: FOLDER })
    .sort()
    .map((file) => readUnit(file, network));
}

function readUnit(file: string, network: string): Service {
  const text = moved(readFileSync(join(FOLDER, file), "utf8"), network);
  const environment = Object.fromEntries(
    [...text.matchAll(/^Environment=([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const ending = (end: string): string =>
    Object.entries(environment).find(([name]) => name.endsWith(end))?.[1] ?? fail(`${file} sets no *${end}`);
  const words = /^ExecStart=\S+\/node (.+)$/m.exec(text)?.[1]?.split(" ") ?? fail(`${file} does not start node`);
  return {
    name: basename(file, ".service"),
    machine: basename(dirname(file)),
    environment,
    host: ending("_HOST"),
    port: Number(ending("_PORT")),
    words,
  };
}

export interface NginxOptions {
  /** A folder of its own, for its process and its configuration. */
  readonly folder: string;
  readonly network?: string;
  /** Instead of 443, which only root may listen on. */
  readonly tlsPort?: number;
}

/** Writes what nginx needs to serve a site file of a machine, and returns the words to start it with. */
export function prepareNginx(site: string, { folder, network = NETWORK, tlsPort = 443 }: NginxOptions): string[] {
  mkdirSync(folder, { recursive: true });
  const text = moved(readFileSync(join(FOLDER, site), "utf8"), network)
    .replaceAll("/etc/nginx/certificates", folder)
    .replaceAll("/srv/listening-rule", FOLDER)
    .replaceAll(":443 ", `:${tlsPort} `);
  const file = join(folder, "nginx.conf");
  writeFileSync(file, `${HEAD}http {\n${temporary(folder)}${text}}\n`);
  return ["-e", "stderr", "-p", folder, "-c", file];
}

/** One process in the foreground, as the user who starts it: whoever started it can end it, and nothing is left. */
const HEAD = "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log nginx.log warn;\nevents {}\n";

function temporary(folder: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const paths = kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};\n`);
  return `access_log off;\ntypes { text/html html; }\n${paths.join("")}`;
}

/** The names by which the proxy is asked, as its site file has them. */
export function readNames(): readonly string[] {
  const text = readFileSync(join(FOLDER, "machines/proxy/listening-rule.conf"), "utf8");
  return [...text.matchAll(/server_name (\S+);/g)].map(([, name = ""]) => name);
}

/** Makes a key and a certificate that signs itself, for a week; clients are told to trust `proxy.pem`. */
export function makeCertificate(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const certificate = join(folder, "proxy.pem");
  const names = readNames().map((name) => `DNS:${name}`);
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7"],
      ...["-subj", "/CN=example.org", "-addext", `subjectAltName=${names.join()}`],
      ...["-keyout", join(folder, "proxy.key"), "-out", certificate],
    ],
    { stdio: "pipe" },
  );
  return certificate;
}

function moved(text: string, network: string): string {
  return text.replaceAll(`${NETWORK}.`, `${network}.`);
}

function fail(message: string): never {
  throw new Error(message);
}
