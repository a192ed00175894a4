/** Who a change is written down for. */

/** The person behind sudo, else the user, else the number that the system knows them by. Believed, not proved. */
export function author(env: NodeJS.ProcessEnv, uid = process.getuid?.()): string {
  const named = env["SUDO_USER"] ?? env["USER"];
  return named === undefined || named === "" ? `uid ${uid ?? "unknown"}` : named;
}
