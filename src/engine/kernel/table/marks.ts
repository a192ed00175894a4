/**
 * Bits of a connection's mark by which the rules note how it ends: who ended or reset it, and that both directions have.
 *
 * The mark belongs to the whole host, and others use its low bits or, as Tailscale does, the third octet
 * (https://tailscale.com/kb/1312/firewall-mark-conflicts): these five are the highest, set with the others left alone,
 * and only on a session of ours that is about to end.
 */
export const MARKS = {
  /** The second direction has ended, too: nothing more will be said. */
  bothEnded: 0x08000000,
  /** Its direction was the first to end. */
  clientEnded: 0x10000000,
  targetEnded: 0x20000000,
  clientReset: 0x40000000,
  targetReset: 0x80000000,
  /** Whoever bears one of these has nothing more to say. */
  over: 0xc8000000,
} as const;
