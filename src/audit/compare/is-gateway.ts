/** Which of a host's listeners is the gateway, that judges who comes. */
import type { Audited } from "../audited.ts";
import { textOf } from "../facts.ts";
import type { Listener } from "../parse/sockets.ts";

/** The unit's main process where it is known; else a program of Node's: its main thread bears one of these names. */
export function isGateway({ facts }: Audited, { owner }: Listener): boolean {
  const [, main = "0"] = /^ExecMainPID=(\d+)$/m.exec(textOf(facts, "unit:ecluse")) ?? [];
  if (owner === undefined) return false;
  return main === "0" ? /^(?:node|MainThread|node-MainThread|ecluse)$/.test(owner.program) : owner.pid === Number(main);
}
