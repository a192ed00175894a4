/** Puts a command's question to the running gateway. */
import type { Answered } from "../answers/answered.ts";
import { type Calling, call } from "../control/client.ts";
import type { Parameters, RouteName } from "../control/routes.ts";
import { author } from "./author.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { controlSocket } from "./control-socket.ts";

type Given = Pick<Invocation, "options" | "io">;

/** Throws the gateway's own `EcluseError`, or `no-gateway` where nobody answers. */
export async function ask<Name extends RouteName>(
  given: Given,
  name: Name,
  parameters: Partial<Parameters<Name>>,
  calling?: Calling,
): Promise<Answered[Name]> {
  return (await call(controlSocket(given), name, parameters, calling)) as Answered[Name];
}

/** The same for what changes something: with the name of who asks. */
export function order<Name extends RouteName>(
  given: Given,
  name: Name,
  parameters: Partial<Parameters<Name>>,
): Promise<Answered[Name]> {
  return ask(given, name, { author: author(given.io.env), ...parameters });
}

/** Prints an answer as JSON, or as the text made of it. */
export function print<T>({ options, io }: Given, answer: T, asText: (answer: T) => string): ExitCode {
  io.out(options["json"] === undefined ? asText(answer) : `${JSON.stringify(answer, null, 2)}\n`);
  return 0;
}
