/**
 * Bits of a connection's mark by which the rules note who ended it first.
 *
 * The mark belongs to the whole host, and others use its low bits or, as Tailscale does, the third octet
 * (https://tailscale.com/kb/1312/firewall-mark-conflicts): these four are the highest, set with the others left alone,
 * and only on a session of ours that is about to end.
 */
export const MARKS = {
  clientEnded: 0x10000000,
  targetEnded: 0x20000000,
  clientReset: 0x40000000,
  targetReset: 0x80000000,
  all: 0xf0000000,
} as const;
