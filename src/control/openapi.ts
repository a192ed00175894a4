/** The control API described as OpenAPI 3.1, made from the table of routes; `docs/openapi.json` is written from it. */
import { ERROR_CODES } from "../errors.ts";
import { ANSWERS, PARTS } from "./answer-schemas.ts";
import { type Parameter, ROUTES, type Route, type RouteName } from "./routes.ts";

const KINDS = { text: "string", number: "integer", switch: "boolean" } as const;

export function openapi(): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Ecluse control API",
      version: "1",
      description: "HTTP on the gateway's unix socket. The permissions of the socket are its lock.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [
      {
        url: "http://localhost",
        description: "on the unix socket: curl --unix-socket PATH http://localhost/v1/status",
      },
    ],
    paths,
    components: { schemas: { ...PARTS, Problem: problem() }, responses: { Problem: failure() } },
  };
}

function operation(name: RouteName, route: Route): unknown {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.method === "GET" ? { parameters: query(route) } : { requestBody: body(route) }),
    responses: {
      200: {
        description: "Done",
        content: { [route.text ?? route.stream ?? "application/json"]: { schema: ANSWERS[name] } },
      },
      ...Object.fromEntries(
        Object.keys(FAILURES).map((status) => [status, { $ref: "#/components/responses/Problem" }]),
      ),
    },
  };
}

/** HTTP's statuses of what is not done. */
const FAILURES = {
  400: "the question cannot be read",
  404: "no relayed flow has that name or place",
  409: "something stands in the way: the code says what",
  500: "a bug; the gateway's log has the stack",
  503: "the journal cannot answer now",
} as const;

function failure(): unknown {
  const meanings = Object.entries(FAILURES).map(([status, meaning]) => `${status}: ${meaning}`);
  return {
    description: `Not done, and why. ${meanings.join("; ")}.`,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

function query(route: Route): unknown {
  return Object.entries(route.parameters).map(([name, parameter]) => ({
    name,
    in: "query",
    required: parameter.required === true,
    description: parameter.description,
    schema: { type: KINDS[parameter.kind] },
  }));
}

function body(route: Route): unknown {
  const entries = Object.entries(route.parameters);
  const schema = {
    type: "object",
    additionalProperties: false,
    required: entries.filter(([, { required }]) => required === true).map(([name]) => name),
    properties: Object.fromEntries(entries.map(([name, parameter]) => [name, property(parameter)])),
  };
  return { required: true, content: { "application/json": { schema } } };
}

function property({ kind, description }: Parameter): unknown {
  return { type: KINDS[kind], description };
}

function problem(): unknown {
  return {
    type: "object",
    description: "RFC 9457, with the error's code and what to try",
    additionalProperties: false,
    required: ["type", "title", "status"],
    properties: {
      type: { type: "string", description: "a URI that names the kind: about:blank for a bug" },
      title: { type: "string", description: "what was attempted, and what stood in the way" },
      status: { type: "integer" },
      code: { type: "string", enum: [...ERROR_CODES], description: "docs/errors.md; absent for a bug" },
      hint: { type: "string", description: "what to try; absent for a bug" },
    },
  };
}
