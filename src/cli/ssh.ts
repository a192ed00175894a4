/** The system's own ssh, as every command calls it. */

/** No question on the terminal, no long wait for a host that is off; everything else is the operator's ssh_config(5). */
const SSH = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T"];

/** The words that run a shell over there, which reads its standard input. A host is never an option of ssh. */
export function shellOver(host: string, shell: "sh" | "bash"): readonly string[] {
  return [...SSH, "--", host, shell];
}
