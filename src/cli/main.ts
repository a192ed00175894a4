#!/usr/bin/env -S node --conditions=source
/** The command line's entry: reads argv, runs one command, prints its error, sets the exit code. */
import { Command as Program, CommanderError, Option as Flag } from "commander";
import { EcluseError } from "../errors.ts";
import type { Command, ExitCode, Io } from "./command.ts";
import { COMMANDS } from "./commands.ts";

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  colour: process.stdout.isTTY && !process.env["NO_COLOR"],
  env: process.env,
};

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Program("ecluse")
    .description("One inventory says who may reach what.")
    .version("0.1.0")
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  for (const command of COMMANDS) {
    program.addCommand(
      describe(command).action(async (...given: unknown[]) => {
        const operands = command.operands?.map((_, index) => given[index]) ?? [];
        const options = given[command.operands?.length ?? 0] as Record<string, string | true | undefined>;
        const { run } = await command.load();
        exitCode = await run({ operands: operands.filter((operand) => typeof operand === "string"), options, io });
      }),
    );
  }
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

function describe(command: Command): Program {
  const described = new Program(command.name)
    .description(command.summary)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addHelpText("after", `\nExample:\n  ${command.example}\n\nExit: 0 done, 1 findings, 2 could not run.`);
  for (const operand of command.operands ?? []) {
    described.argument(operand.required ? `<${operand.name}>` : `[${operand.name}]`, operand.description);
  }
  for (const option of command.options) {
    described.addOption(new Flag(`--${option.name}${option.value ? ` <${option.value}>` : ""}`, option.description));
  }
  return described;
}

/** Prints what a person can act on; anything else is a bug and keeps its stack. */
function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    io.err(`ecluse: error: ${error.message.replace(/^error: /, "")}\necluse: hint: see ecluse --help\n`);
    return 2;
  }
  if (error instanceof EcluseError) {
    io.err(`ecluse: error: ${error.message}\necluse: hint: ${error.hint}\n`);
    return 2;
  }
  throw error;
}
