/** `ecluse completion SHELL`: the completion script of a shell, made from the table of commands. */
import { EcluseError } from "../../errors.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import { COMMANDS } from "../commands.ts";

const SCRIPTS: ReadonlyMap<string, () => string> = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
]);

export function run({ operands, io }: Invocation): Promise<ExitCode> {
  const script = SCRIPTS.get(operands[0] ?? "");
  if (script === undefined) {
    throw new EcluseError("usage", `Cannot complete for "${operands[0] ?? ""}": no such shell here`, {
      hint: `one of ${[...SCRIPTS.keys()].join(", ")}`,
    });
  }
  io.out(script());
  return Promise.resolve(0);
}

function bash(): string {
  const cases = COMMANDS.map((command) => `    ${command.name}) words="${flags(command).join(" ")}" ;;`);
  return `_ecluse() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "${[...names(), "--help", "--version"].join(" ")}" -- "$current")
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -f -- "$current")
}
complete -o filenames -F _ecluse ecluse
`;
}

function zsh(): string {
  const commands = COMMANDS.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = COMMANDS.map(
    (command) =>
      `    ${command.name}) _arguments ${command.options.map((option) => zshOption(option)).join(" ")} '*:file:_files' ;;`,
  );
  return `#compdef ecluse
_ecluse() {
  local -a commands
  commands=(
${commands.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _ecluse ecluse
`;
}

function zshOption({ name, value, description }: Command["options"][number]): string {
  const text = quoted(description).replaceAll("[", "(").replaceAll("]", ")").replaceAll(":", " -");
  return `'--${name}[${text}]${value === undefined ? "" : `:${value}:_files`}'`;
}

function fish(): string {
  const commands = COMMANDS.map(
    ({ name, summary }) => `complete -c ecluse -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`,
  );
  const options = COMMANDS.flatMap((command) =>
    command.options.map(
      ({ name, value, description }) =>
        `complete -c ecluse -n '__fish_seen_subcommand_from ${command.name}' -l ${name} ${value === undefined ? "" : "-r "}-d '${quoted(description)}'`,
    ),
  );
  return `${[...commands, ...options].join("\n")}\n`;
}

function names(): readonly string[] {
  return COMMANDS.map(({ name }) => name);
}

function flags(command: Command): readonly string[] {
  return [...command.options.map(({ name }) => `--${name}`), "--help"];
}

/** Safe between single quotes of any of the three shells. */
function quoted(text: string): string {
  return text.replaceAll("'", "’");
}
