/** The control API described as OpenAPI 3.1, made from the table of routes. */
import { ERROR_CODES } from "../errors.ts";
import { type Parameter, ROUTES, type Route } from "./routes.ts";

const KINDS = { text: "string", number: "integer", switch: "boolean" } as const;

export function openapi(): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Ecluse control API",
      version: "1",
      description: "HTTP on the gateway's unix socket. The permissions of the socket are its lock.",
    },
    paths,
    components: { schemas: { Problem: problem() } },
  };
}

function operation(name: string, route: Route): unknown {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.method === "GET" ? { parameters: query(route) } : { requestBody: body(route) }),
    responses: {
      200: { description: "Done", content: { "application/json": { schema: {} } } },
      default: {
        description: "Not done, and why",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
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
    required: ["type", "title", "status"],
    properties: {
      type: { type: "string" },
      title: { type: "string" },
      status: { type: "integer" },
      code: { type: "string", enum: [...ERROR_CODES] },
      hint: { type: "string" },
    },
  };
}
