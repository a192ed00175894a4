/** Which of a host's listeners is the gateway, that judges who comes. */
import type { Audited } from "../audited.ts";
import { textOf } from "../facts.ts";
import type { Listener } from "../parse/sockets.ts";

/** The unit's main process where it runs; else a program of Node's: its main thread bears one of these names. */
export function isGateway({ facts }: Audited, { owner }: Listener): boolean {
  if (owner === undefined) return false;
  const main = mainProcess(textOf(facts, "unit:ecluse"));
  return main === 0 ? /^(?:node|MainThread|node-MainThread|ecluse)$/.test(owner.program) : owner.pid === main;
}

/** systemd remembers the process of a unit that has ended, too: systemctl(1), `show`. */
function mainProcess(unit: string): number {
  if (/^ActiveState=(?:inactive|failed)$/m.test(unit)) return 0;
  return Number(/^ExecMainPID=(\d+)$/m.exec(unit)?.[1] ?? 0);
}
