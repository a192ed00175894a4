/**
 * One cell of an acceptance run: from this vantage point, at this door, in this way, what must happen.
 *
 * Plain data. A cell that nobody can try says why before the run (`skip`), and is reported as not tried: never as passed.
 */
import type { Ipv4 } from "@ecluse/guard/address";
import type { Flow } from "../policy/policy.ts";

/** A place to connect from. Which source of the inventory it stands for follows from its address. */
export interface Vantage {
  readonly name: string;
  /** The address that doors see. */
  readonly address: Ipv4;
}

/** An IPv6 address of the host that listens at `of`, and the vantage point that is to try it. */
export interface Ipv6Address {
  readonly of: Ipv4;
  readonly address: string;
  readonly from: string;
}

/**
 * What is tried. `authorised`: a source that may. `expired`: one whose right has ended. `other-source`: one that may
 * elsewhere. `direct`: a machine that is not the one the service is for. `stranger`: nobody the inventory knows.
 * `closed`: whoever comes, an operator has closed the door. `not-a-balancer`: past the balancer. `forged-header`: a
 * stranger's request that says it comes from one who may. `ipv6`: the door's port on the host's IPv6 address.
 */
export const CASES = [
  "authorised",
  "expired",
  "other-source",
  "direct",
  "stranger",
  "closed",
  "not-a-balancer",
  "forged-header",
  "ipv6",
] as const;

export type Case = (typeof CASES)[number];

export interface Cell {
  readonly flow: string;
  readonly kind: Flow["kind"];
  readonly case: Case;
  readonly expect: "connect" | "refuse";
  readonly host: string;
  readonly port: number;
  /** The vantage point's name; absent: there is none that could try it. */
  readonly vantage?: string;
  /** The vantage point's address, as the door should see it. */
  readonly from?: string;
  /** The source of the inventory that the cell is about: the rule that lets in, or the one that no vantage stands for. */
  readonly source?: string;
  /** Whether an HTTP request is sent. Absent: nothing is, ever. */
  readonly http?: true;
  /** Whom a forged header names. */
  readonly forged?: string;
  readonly skip?: Skip;
}

/**
 * Why a cell is not tried. `no-vantage`: nobody stands for the source, or no stranger is at hand. `probe-none`: the
 * inventory forbids to look at the terminal. `balancer`: it is entered through a balancer, which says who comes.
 * `no-ipv6`: no IPv6 address of the host is known. `somebody-inside`: a session was open at the terminal. `no-way`: the
 * vantage point could not even try. `unproven`: no answer, from a door that gave no sign of life to anybody.
 */
export const SKIPS = [
  "no-vantage",
  "probe-none",
  "balancer",
  "no-ipv6",
  "somebody-inside",
  "no-way",
  "unproven",
] as const;

export type Skip = (typeof SKIPS)[number];
