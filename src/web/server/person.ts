/** Who is logged in, by the name that their changes are written down for. Believed, not proved: the token is shared. */
import { Problem } from "./problem.ts";

/** Letters of any language, digits, and what stands in names and addresses of e-mail. */
const FORM = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} .,'’_@+-]{0,39})$/u;

/** Throws 400. */
export function readName(given: unknown): string {
  const name = typeof given === "string" ? given.normalize("NFC").trim() : "";
  if (FORM.test(name)) return name;
  throw new Problem(400, "bad-request", "Cannot log in: there is no name that changes can be written down for", {
    hint: "give one of 1 to 40 letters, digits, spaces and . , ' _ @ + -",
  });
}
