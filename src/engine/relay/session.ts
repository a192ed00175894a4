/**
 * A session: one connection through the gateway, from accept to its outcome.
 *
 * Promises: bytes arrive as they were read, in order, each chunk at once; the end of one direction ends only that
 * direction, after its last byte; RST arrives as RST; what waits to be written is bounded by back-pressure; nothing is
 * ever dialled twice or sent again. Leaves to the relay who may have a session, and to the sweep when its time is up.
 */
import { type Socket, connect } from "node:net";
import { formatAddress, type Ipv4, peerAddress } from "@ecluse/guard/address";
import type { Limits, OnRevoke, Queue } from "../../inventory/model.ts";
import { endpointKey } from "../../policy/policy.ts";
import type { OpenSession, Outcome, Party, SessionRecord } from "../records.ts";
import type { GovernedSession, Place, Right } from "./governed.ts";
import { writeHeader } from "./proxy-header.ts";
import { readingInto } from "./reading.ts";
import { Side, type SideOwner } from "./side.ts";

/** What a client may send before its terminal answers the dial; beyond it the client is not read. In bytes. */
const HELD_BYTES = 65_536;

/** The relay, as a session sees it. */
export interface SessionHost {
  readonly limits: () => Limits;
  readonly monotonic: () => number;
  /** One of its directions has ended. */
  readonly closing: (session: Session) => void;
  /** The terminal has no more of this session: its place is free. */
  readonly vacated: (session: Session) => void;
  /** Both ends are closed. */
  readonly over: (session: Session, record: SessionRecord) => void;
  /** No place was freed in time; the session has been reset. */
  readonly turnedAway: (session: Session) => void;
}

export interface Admission extends Right {
  readonly source: Ipv4;
  /** The source's. */
  readonly port: number;
  /** The balancer that named the source; absent: it came itself. */
  readonly balancer?: Ipv4;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export class Session implements GovernedSession, SideOwner {
  readonly source: Ipv4;
  right: Right;
  readonly #admission: Admission;
  readonly #host: SessionHost;
  readonly #client: Side;
  #target: Side | undefined;
  #phase: "waiting" | "dialling" | "open" = "waiting";
  #held: Buffer[] = [];
  #startedAt: number;
  #dialledAt = 0;
  #dial: number | undefined;
  /** Set by every byte and every end, cleared by the sweep: one store on the way of the bytes, instead of a timer. */
  #active = true;
  #lastActive: number;
  #firstToEnd: Party | undefined;
  #ending: { readonly outcome: Outcome; readonly by: Party; readonly cause?: string } | undefined;
  #resetWhenFlushed: Side | undefined;
  #deadline: { readonly at: number; readonly outcome: "revoked" | "expired" } | undefined;

  /** `said`: what was read of the client before it had a session. */
  constructor(host: SessionHost, socket: Socket, admission: Admission, said?: Buffer) {
    this.#host = host;
    this.#admission = admission;
    this.source = admission.source;
    this.right = admission;
    this.#startedAt = host.monotonic();
    this.#lastActive = this.#startedAt;
    this.#client = new Side(this, "client", socket);
    // From now on the client is read, so that one who leaves while the dial hangs is seen to leave.
    this.#client.listen();
    if (said !== undefined && said.length > 0) this.received(this.#client, said);
  }

  get balancer(): Ipv4 | undefined {
    return this.#admission.balancer;
  }

  get closing(): boolean {
    return this.#ending !== undefined || this.#client.ended || this.#target?.ended === true;
  }

  get queue(): Queue | undefined {
    return this.right.door.flow.queue;
  }

  get place(): Place {
    if (this.#target === undefined) return "wanted";
    return this.#target.closed ? "left" : "held";
  }

  get isTurnedAway(): boolean {
    return this.#ending?.outcome === "busy";
  }

  get targetKey(): number {
    const { target } = this.#admission.door.flow;
    return endpointKey(target.address, target.port);
  }

  /** Idle time before a keepalive probe, in milliseconds. */
  get keepalive(): number {
    return this.#host.limits().keepalive;
  }

  /** A place at the terminal is free: dial it. Once, whatever comes of it. */
  seated(): void {
    // It may have left in the same turn of the loop; its place is given back when its socket has closed.
    if (this.#ending !== undefined) return;
    const { target } = this.#admission.door.flow;
    this.#phase = "dialling";
    this.#dialledAt = this.#host.monotonic();
    const socket = connect({
      ...{ host: formatAddress(target.address), port: target.port },
      ...{ allowHalfOpen: true, noDelay: true },
      onread: readingInto((chunk) => this.#heard(chunk)),
    });
    this.#target = new Side(this, "target", socket);
    this.#target.other = this.#client;
    this.#client.other = this.#target;
    this.#target.listen();
    this.#introduce(socket);
    for (const chunk of this.#held) socket.write(chunk);
    this.#held = [];
    if (this.#client.ended) socket.end();
    else this.#client.socket.resume();
  }

  /** Tells the target who comes, in one piece and before any payload, where its flow says so. */
  #introduce(socket: Socket): void {
    const { flow, endpoint } = this.right.door;
    if (flow.sendProxy === undefined) return;
    const { source: address, port } = this.#admission;
    // A door on every address was entered by one of them.
    const local = endpoint.address === 0 ? peerAddress(this.#client.socket.localAddress) : undefined;
    const destination = { address: local ?? endpoint.address, port: endpoint.port };
    socket.write(writeHeader(flow.sendProxy, { address, port }, destination));
  }

  /** No place was freed in time. */
  turnedAway(): void {
    if (this.#ending !== undefined) return;
    this.#end("busy", "gateway", "terminal");
    this.#client.reset();
    this.#host.turnedAway(this);
  }

  revoke(outcome: "revoked" | "expired", rule: OnRevoke): void {
    const waits = this.place === "wanted";
    if (rule === "keep" && !waits) return;
    if (rule === "cut" || waits) this.cut(outcome);
    else this.#deadline ??= { at: this.#host.monotonic() + this.#host.limits().drain, outcome };
  }

  confirm(right: Right): void {
    this.right = right;
    this.#deadline = undefined;
  }

  cut(outcome: Outcome, cause?: string): void {
    this.#end(outcome, "gateway", cause);
    this.#client.reset();
    this.#target?.reset();
  }

  sweep(now: number): void {
    this.#client.keepAlive();
    if (this.#phase === "open") this.#target?.keepAlive();
    if (this.#active) {
      this.#active = false;
      this.#lastActive = now;
    }
    const limits = this.#host.limits();
    if (this.#phase === "dialling" && now - this.#dialledAt >= limits.connect) {
      this.#end("dial-failed", "gateway", "connect");
      this.#abandon();
    } else if (this.#isStalled(now, limits)) this.cut("stalled");
    else if (this.#deadline !== undefined && now >= this.#deadline.at) this.cut(this.#deadline.outcome);
    else if (this.#phase === "open") this.#sweepIdle(now, limits);
    this.#resetIfFlushed();
  }

  /** Only while the dial hangs or has failed: both get RST; the terminal, should it have answered just now. */
  #abandon(): void {
    this.#target?.reset();
    this.#client.reset();
  }

  /**
   * The half-closed limit counts from the terminal's end only. A till that has ended its own direction may be waiting
   * for a customer who types the PIN, for up to 180 s: that is the idle limit's business.
   */
  #sweepIdle(now: number, limits: Limits): void {
    const quiet = now - this.#lastActive;
    if (this.#target?.ended === true && quiet >= limits.halfClosed) this.#leaveHalfClosed(this.#target);
    else if (quiet >= limits.idle) this.cut("idle");
  }

  /**
   * The client has the terminal's FIN and does not answer it. It may still be reading, over a slow line, what the system
   * holds for it: RST would throw that away, a close does not.
   */
  #leaveHalfClosed(target: Side): void {
    this.#end("half-closed", "gateway");
    if (this.#client.socket.writableFinished) this.#client.socket.destroy();
    else this.#client.reset();
    target.reset();
  }

  #isStalled(now: number, limits: Limits): boolean {
    if (this.#phase !== "open") return false;
    // Both are asked each time, for each remembers what it saw.
    const toClient = this.#client.isStalled(now, limits.stalled);
    const toTarget = this.#target?.isStalled(now, limits.stalled) === true;
    return toClient || toTarget;
  }

  /** The dial succeeded. */
  connected(): void {
    // Too late for a session that was ended in the meantime.
    if (this.#ending !== undefined) return;
    this.#phase = "open";
    this.#dial = this.#host.monotonic() - this.#dialledAt;
    this.#active = true;
  }

  received(from: Side, chunk: Buffer): void {
    const to = from.other;
    // A destination that is gone takes nothing more; its owner is read on, to see how it ends, but not for ever.
    if (to?.socket.destroyed === true) return;
    this.#active = true;
    from.bytes += chunk.length;
    if (to === undefined) this.#hold(chunk);
    else if (!to.socket.write(chunk)) from.socket.pause();
  }

  #heard(chunk: Buffer): void {
    if (this.#target !== undefined) this.received(this.#target, chunk);
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    if (this.#client.bytes >= HELD_BYTES) this.#client.socket.pause();
  }

  drained(side: Side): void {
    side.other?.socket.resume();
    this.#resetIfFlushed();
  }

  ended(side: Side): void {
    side.ended = true;
    this.#active = true;
    this.#firstToEnd ??= side.party;
    this.#host.closing(this);
    if (this.#phase === "open") side.other?.end();
    else if (side.bytes > 0) this.#target?.socket.end();
    else this.#leftUnheard();
  }

  /** The client closed before the dial succeeded, without a word: nobody is there to relay for. */
  #leftUnheard(): void {
    this.#end("closed", "client");
    this.#target?.reset();
    this.#client.socket.destroy();
  }

  failed(side: Side, cause: string): void {
    side.noteLost();
    if (this.#ending !== undefined) return;
    if (this.#phase === "open") this.#failedOpen(side, cause);
    else {
      if (side.party === "target") this.#end("dial-failed", "target", cause);
      else this.#end("reset", "client", cause);
      this.#abandon();
    }
  }

  #failedOpen(side: Side, cause: string): void {
    const other = side.other;
    if (side.party === "target" && side.ended) {
      // The terminal had said all it had to say. The client still gets every byte of it, then its own end is awaited.
      other?.socket.resume();
      return;
    }
    this.#end("reset", side.party, cause);
    if (other === undefined) return;
    // A terminal's answer is worth waiting for, and so is what a client had sent whole before it went.
    const owed = other.socket.writableLength > 0 && (side.party === "target" || side.ended);
    if (owed) this.#resetWhenFlushed = other;
    else other.reset();
  }

  #resetIfFlushed(): void {
    if (this.#resetWhenFlushed?.socket.writableLength === 0) this.#resetWhenFlushed.reset();
  }

  closed(side: Side): void {
    side.closed = true;
    if (side.party === "target") this.#host.vacated(this);
    if (this.#target?.closed === false || !this.#client.closed) return;
    this.#end("closed", this.#firstToEnd ?? "gateway");
    this.#host.over(this, this.#record());
  }

  /** The first reason stands. */
  #end(outcome: Outcome, by: Party, cause?: string): void {
    this.#ending ??= cause === undefined ? { outcome, by } : { outcome, by, cause };
  }

  snapshot(): OpenSession {
    return { ...this.#facts(), phase: this.#phase, leaving: this.#deadline !== undefined };
  }

  #record(): SessionRecord {
    return { ...this.#facts(), ...(this.#ending ?? { outcome: "unknown", by: "gateway" }) };
  }

  #facts(): Omit<SessionRecord, "outcome" | "by" | "cause"> {
    const { door, at, source } = this.#admission;
    return {
      flow: door.flow.id,
      endpoint: door.endpoint,
      source,
      target: door.flow.target,
      rule: this.right.permit.grant.source,
      startedAt: at,
      duration: this.#host.monotonic() - this.#startedAt,
      ...(this.#dial === undefined ? {} : { dial: this.#dial }),
      bytesToTarget: this.#phase === "open" ? this.#client.delivered() : 0,
      bytesToClient: this.#target?.delivered() ?? 0,
    };
  }
}
