/** What a command is: one row of the table in `commands.ts`, and one file in `commands/` with its `run`. */

export interface Command {
  readonly name: string;
  /** One line, for `--help` and `docs/cli.md`. */
  readonly summary: string;
  readonly operands?: readonly Operand[];
  readonly options: readonly Option[];
  /** A complete command line a reader may copy. */
  readonly example: string;
  /** Loads the command's file only when it is called: `serve` keeps its memory small by loading only what it needs. */
  readonly load: () => Promise<{ readonly run: Run }>;
}

export interface Operand {
  /** As shown in the usage: `SELECTOR`. */
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** One or more; only the last operand may be. */
  readonly variadic?: true;
}

export interface Option {
  /** Without the dashes; read back from `Invocation.options` under this name: `inventory`. */
  readonly name: string;
  /** The word for its value in the usage (`FILE`); absent: a switch. */
  readonly value?: string;
  readonly description: string;
  /** May be given several times. */
  readonly repeatable?: true;
}

export interface Invocation {
  readonly operands: readonly string[];
  /** A switch that was given is `true`; an option with a value is its text, or its texts where it is repeatable. */
  readonly options: Readonly<Record<string, string | true | readonly string[] | undefined>>;
  readonly io: Io;
}

/** The outside world of a command: the only way for it to print and to read the environment. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `out` goes to a terminal that shows colour (and NO_COLOR is not set). */
  readonly colour: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** The whole command line of this process: Node, its options, the script, its words. */
  readonly line: readonly string[];
}

/** 0 done, 1 findings, 2 could not run. */
export type ExitCode = 0 | 1 | 2;

/** Throws `EcluseError` for what the operator can mend; `main.ts` prints it and exits with 2. */
export type Run = (invocation: Invocation) => Promise<ExitCode>;
