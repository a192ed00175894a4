/** The one thing that `why` does besides reading: it connects to the terminal, sends nothing, and closes. */
import { connect } from "node:net";
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { Look, Looks } from "./step.ts";

export interface Target {
  /** The flow's id. */
  readonly flow: string;
  readonly target: Endpoint;
}

/** The whole look, in milliseconds; and how long the terminal has before its neighbours are asked, too. */
const PATIENCE = 5_000;
const HEAD_START = 1_000;

/** Most neighbours that are asked. */
export const NEIGHBOURS = 3;

/** Looks at a terminal and, where it has not answered after a second, at its neighbours beside it: within five seconds. */
export async function lookAround(
  terminal: Target,
  neighbours: readonly Target[],
  { patience = PATIENCE, headStart = HEAD_START } = {},
): Promise<Looks> {
  const first = look(terminal, patience);
  const early = await Promise.race([first, after(headStart)]);
  const asked = early === undefined || early.answer === "silent" ? neighbours.slice(0, NEIGHBOURS) : [];
  const others = await Promise.all(asked.map((each) => look(each, patience - headStart)));
  return { terminal: await first, neighbours: others };
}

function look({ flow, target: { address, port } }: Target, patience: number): Promise<Look> {
  const host = formatAddress(address);
  const to = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: Look["answer"], code: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ flow, to, answer, code });
    };
    const timer = setTimeout(() => settle("silent", `no answer within ${patience / 1_000} s`), patience);
    socket.once("connect", () => settle("connected", "connected"));
    socket.on("error", ({ code = "failed" }: NodeJS.ErrnoException) =>
      settle(code === "ECONNREFUSED" ? "refused" : "silent", code),
    );
  });
}

function after(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds).unref());
}
