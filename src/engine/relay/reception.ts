/**
 * The reception: judges who comes to a door, before anything else is done for them.
 *
 * A refused peer gets RST, and no terminal ever hears of it. Where a flow has balancers, the source is whom they name, and
 * until they have named one they are nobody's session.
 */
import type { Socket } from "node:net";
import { type Ipv4, peerAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import { judge, judgeBalancer } from "../../policy/decide.ts";
import { type Door, type Policy, endpointKey } from "../../policy/policy.ts";
import type { Clock } from "../engine.ts";
import type { Refusal, RoomReason } from "../records.ts";
import { Introduction, type IntroductionHost } from "./introduction.ts";
import type { Admission } from "./session.ts";

/** The relay, as its reception sees it. */
export interface ReceptionHost {
  readonly clock: Clock;
  readonly policy: () => Policy | undefined;
  /** Which limit leaves no room for one more of this source. */
  readonly noRoomFor: (source: Ipv4) => RoomReason | undefined;
  /** One more of a source, or one less, is here. */
  readonly count: (source: Ipv4, change: 1 | -1) => void;
  /** The socket is the relay's; `said` is what came before, unread. */
  readonly admitted: (socket: Socket, admission: Admission, said?: Buffer) => void;
  readonly refused: (refusal: Refusal) => void;
  /** One who had not said yet for whom it comes is here no more. */
  readonly left: () => void;
}

/** Who comes, and by what way. */
interface Arrival extends Pick<Admission, "port" | "balancer"> {
  readonly endpoint: Endpoint;
  readonly source: Ipv4 | undefined;
}

export class Reception {
  readonly #host: ReceptionHost;
  readonly #introductionHost: IntroductionHost;
  readonly #introductions = new Set<Introduction>();

  constructor(host: ReceptionHost) {
    this.#host = host;
    this.#introductionHost = {
      introduced: ({ endpoint, socket, balancer }, { address: source, port }, said) =>
        this.#receive(socket, { endpoint, source, port, balancer }, said),
      unheard: ({ endpoint, balancer: source }, reason) => {
        const flow = this.#doorAt(endpoint)?.flow.id;
        host.refused({ flow, endpoint, source, outcome: "bad-proxy-header", reason });
      },
      left: (introduction) => {
        this.#introductions.delete(introduction);
        host.count(introduction.balancer, -1);
        host.left();
      },
    };
  }

  /** How many have not said yet for whom they come. */
  get size(): number {
    return this.#introductions.size;
  }

  accept(endpoint: Endpoint, socket: Socket): void {
    const source = peerAddress(socket.remoteAddress);
    const isBalanced = this.#doorAt(endpoint)?.flow.acceptProxy !== undefined;
    if (isBalanced && source !== undefined) this.#hear(socket, endpoint, source);
    else this.#receive(socket, { endpoint, source, port: socket.remotePort ?? 0 });
  }

  /** Asks again whether those who have not said yet for whom they come may stay: the policy has changed. */
  judgeAgain(): void {
    for (const introduction of this.#introductions) {
      const refusal = this.#refusalOfBalancer(introduction.endpoint, introduction.balancer);
      if (refusal === undefined) continue;
      introduction.cut();
      this.#host.refused(refusal);
    }
  }

  /** Called a few times a second. `now` is the monotonic clock's. */
  sweep(now: number): void {
    for (const introduction of this.#introductions) introduction.sweep(now);
  }

  /** Where the doors close for good: who has not said for whom it comes is nobody's session yet. */
  cut(): void {
    for (const introduction of this.#introductions) introduction.cut();
  }

  #doorAt(endpoint: Endpoint): Door | undefined {
    return this.#host.policy()?.doors.get(endpointKey(endpoint.address, endpoint.port));
  }

  /** Has a balancer say first who comes. Until then it counts as a session of its own, and knows nothing of places. */
  #hear(socket: Socket, endpoint: Endpoint, balancer: Ipv4): void {
    const refusal = this.#refusalOfBalancer(endpoint, balancer) ?? this.#overload(endpoint, balancer);
    if (refusal === undefined) {
      const now = this.#host.clock.monotonic();
      this.#introductions.add(new Introduction(this.#introductionHost, socket, { endpoint, balancer, now }));
      this.#host.count(balancer, 1);
    } else this.#refuse(socket, refusal);
  }

  #refusalOfBalancer(endpoint: Endpoint, balancer: Ipv4): Refusal | undefined {
    const door = this.#doorAt(endpoint);
    const reason = door === undefined ? "no-door" : judgeBalancer(door.flow, balancer)?.reason;
    if (reason === undefined) return undefined;
    return { flow: door?.flow.id, endpoint, source: balancer, outcome: "denied", reason };
  }

  #receive(socket: Socket, arrival: Arrival, said?: Buffer): void {
    const entry = this.#mayEnter(arrival);
    if ("reason" in entry) this.#refuse(socket, entry);
    else this.#host.admitted(socket, entry, said);
  }

  /** RST at once: no dial, no answer, nothing kept. */
  #refuse(socket: Socket, refusal: Refusal): void {
    socket.on("error", () => undefined);
    socket.resetAndDestroy();
    this.#host.refused(refusal);
  }

  #mayEnter({ endpoint, source, port, balancer }: Arrival): Admission | Refusal {
    const at = this.#host.clock.wall();
    const door = this.#doorAt(endpoint);
    const refusal = { flow: door?.flow.id, endpoint, source };
    // A listener that is about to close has no door any more, and lets nobody in.
    if (door === undefined) return { ...refusal, outcome: "denied", reason: "no-door" };
    if (source === undefined) return { ...refusal, outcome: "denied", reason: "no-address" };
    const verdict = judge(door.flow, source, at);
    if (!verdict.permit) return { ...refusal, outcome: "denied", reason: verdict.reason };
    const overload = this.#overload(endpoint, source);
    if (overload !== undefined) return overload;
    return { door, source, port, permit: verdict, at, ...(balancer === undefined ? {} : { balancer }) };
  }

  #overload(endpoint: Endpoint, source: Ipv4): Refusal | undefined {
    const reason = this.#host.noRoomFor(source);
    if (reason === undefined) return undefined;
    return { flow: this.#doorAt(endpoint)?.flow.id, endpoint, source, outcome: "overload", reason };
  }
}
