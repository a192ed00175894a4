/** The JSON object that a request carries: small, and of that type alone. */
import type { IncomingMessage } from "node:http";
import { Problem } from "./problem.ts";

const LARGEST = 65_536;

export type Body = Readonly<Record<string, unknown>>;

/** Throws what is wrong with it. A form of another page could send text, but not this type without asking first. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw unreadable("it is not application/json");
  const text = await textOf(request);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Body;
  } catch {
    // Said below.
  }
  throw unreadable("it is no JSON object");
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Left open at its end: what is too large is still owed an answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > LARGEST) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    // The only error of a request's stream: its sender has gone, and nobody reads the answer.
    throw unreadable("it ended too early");
  }
  if (size <= LARGEST) return Buffer.concat(chunks).toString();
  throw new Problem(413, "too-large", "Cannot read the request's body: it is too long", { hint: "send a small one" });
}

function unreadable(why: string): Problem {
  return new Problem(400, "bad-request", `Cannot read the request's body: ${why}`, { hint: "send a JSON object" });
}
