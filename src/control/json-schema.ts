/** The few words of JSON Schema (2020-12) that answers are described with. */

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: "string" };
export const whole: Schema = { type: "integer" };
export const yes: Schema = { type: "boolean" };
export const said = (description: string): Schema => ({ type: "string", description });
export const instant: Schema = { type: "integer", description: "milliseconds since the epoch" };
export const milliseconds: Schema = { type: "integer", description: "milliseconds" };
export const isoInstant: Schema = { type: "string", description: "ISO 8601, UTC" };
export const address: Schema = { type: "string", description: "an IPv4 address" };
export const endpoint: Schema = { type: "string", description: "ADDRESS:PORT" };
export const list = (items: Schema): Schema => ({ type: "array", items });
export const oneOf = (...names: readonly string[]): Schema => ({ type: "string", enum: names });
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
export const part = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Exactly these properties; those of `optional` may be absent. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return {
    type: "object",
    additionalProperties: false,
    required: Object.keys(properties),
    properties: { ...properties, ...optional },
  };
}

/** How a session ended: docs/glossary.md. */
export const OUTCOMES = [
  ...["closed", "reset", "denied", "busy", "dial-failed", "idle", "stalled", "half-closed", "revoked", "expired"],
  ...["drained", "bad-proxy-header", "overload", "unknown"],
];

/** Whether a terminal may be looked at, and how. */
export const probing = oneOf("none", "connect", "identify");
