/** Which environment variable says where a service listens: each service has its own name for it, ending in `_HOST`. */
import { formatAddress } from "./address.ts";
import { GuardError } from "./error.ts";
import { readListenHost } from "./listen-host.ts";
import { quoted } from "./quoted.ts";

/** Names the variable, where there are several. */
export const ECLUSE_HOST_VARIABLE = "ECLUSE_HOST_VARIABLE";

/**
 * The IPv4 address in the variable that `ECLUSE_HOST_VARIABLE` names, or in the only one whose name ends in `_HOST`.
 * With several (`DB_HOST` is none to listen on) there is no guessing.
 * @throws GuardError `environment` if there is not exactly one, `host` if it is no IPv4 address to listen on.
 */
export function hostFromEnvironment(env: Readonly<Record<string, string | undefined>>): string {
  const name = env[ECLUSE_HOST_VARIABLE] ?? onlyOne(env);
  return formatAddress(readListenHost(env[name], quoted(name).slice(1, -1)));
}

function onlyOne(env: Readonly<Record<string, string | undefined>>): string {
  const names = Object.keys(env).filter((name) => name.endsWith("_HOST"));
  const [name] = names;
  if (name !== undefined && names.length === 1) return name;
  const found = names.length === 0 ? "no variable is" : `${names.sort().map(quoted).join(", ")} are all`;
  throw new GuardError(
    "environment",
    `Which variable says where to listen? ${found} named *_HOST: set ${ECLUSE_HOST_VARIABLE} to the name of the one`,
  );
}
