#!/usr/bin/env -S node --conditions=source
/** The command line's entry: reads argv, runs one command, prints its error, sets the exit code. */
import { isatty } from "node:tty";
import { Command as Program, CommanderError, Option as Flag } from "commander";
import { EcluseError } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { Command, ExitCode, Invocation, Io } from "./command.ts";
import { COMMANDS } from "./commands.ts";

const io: Io = {
  out: (text) => void standardOutput().write(text),
  err: (text) => void process.stderr.write(text),
  // Not `process.stdout.isTTY`: the mere mention of `process.stdout` makes a pipe non-blocking for all who share it.
  colour: isatty(1) && !process.env["NO_COLOR"],
  env: process.env,
  line: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
};

/** The errors are explained below. */
const OUTPUT = { writeOut: io.out, writeErr: io.err, outputError: (): void => undefined };

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Program("ecluse")
    .description("One inventory says who may reach what.")
    .version(VERSION)
    .exitOverride()
    .configureOutput(OUTPUT);
  for (const command of COMMANDS) {
    program.addCommand(
      describe(command).action(async (...given: unknown[]) => {
        const operands = given.slice(0, command.operands?.length ?? 0).flat();
        const options = named(command, given[command.operands?.length ?? 0] as Invocation["options"]);
        const { run } = await command.load();
        exitCode = await run({ operands: operands.filter((operand) => typeof operand === "string"), options, io });
      }),
    );
  }
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, words);
  }
}

/** Commander gives `ufw-log` as `ufwLog`: here an option has the name that it is given under. */
function named({ options }: Command, given: Invocation["options"]): Invocation["options"] {
  const camel = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  // And `no-x`, given, as `x` that is false.
  const value = (name: string): Invocation["options"][string] =>
    name.startsWith("no-") ? off(given[camel(name.slice(3))]) : given[camel(name)];
  return Object.fromEntries(options.map(({ name }) => [name, value(name)]));
}

function off(given: unknown): true | undefined {
  return given === false ? true : undefined;
}

function describe(command: Command): Program {
  const described = new Program(command.name)
    .description(command.summary)
    .exitOverride()
    .configureOutput(OUTPUT)
    .addHelpText("after", `\nExample:\n  ${command.example}\n\nExit: 0 done, 1 findings, 2 could not run.`);
  for (const operand of command.operands ?? []) {
    const name = `${operand.name}${operand.variadic ? "..." : ""}`;
    described.argument(operand.required ? `<${name}>` : `[${name}]`, operand.description);
  }
  for (const option of command.options) {
    const flag = new Flag(`--${option.name}${option.value ? ` <${option.value}>` : ""}`, option.description);
    if (option.repeatable) flag.argParser((text, before: readonly string[] | undefined) => [...(before ?? []), text]);
    described.addOption(flag);
  }
  return described;
}

/** Prints what a person can act on; anything else is a bug and keeps its stack. */
function explain(error: unknown, words: readonly string[]): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : explainUsage(error, words);
  if (error instanceof EcluseError) return fail(error.message, error.hint);
  throw error;
}

function explainUsage({ code, message }: CommanderError, words: readonly string[]): ExitCode {
  const called = COMMANDS.find(({ name }) => name === words[0]);
  const help = `see ecluse ${called === undefined ? "" : `${called.name} `}--help`;
  if (code === "commander.help") return fail(words.length === 0 ? "no command was given" : "no such command", help);
  // "error: unknown command 'serv'", and perhaps on a second line "(Did you mean serve?)".
  const [said = "", guess] = message.replace(/^error: /, "").split("\n");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(guess ?? "")?.[1];
  return fail(said, meant === undefined ? help : `did you mean ${meant}? ${help}`);
}

function fail(message: string, hint: string): ExitCode {
  io.err(`ecluse: error: ${message}\necluse: hint: ${hint}\n`);
  return 2;
}

/** A reader who has seen enough (`ecluse demo | head`) ends the program without a word; another error with one. */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") fail(`Cannot write the output: ${error.message}`, "see where stdout goes: df, ls -l");
  process.exit(2);
}

function standardOutput(): NodeJS.WriteStream {
  if (process.stdout.listenerCount("error", outputFailed) === 0) process.stdout.on("error", outputFailed);
  return process.stdout;
}
