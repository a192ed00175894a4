/** TypeScript as a browser reads it: with blanks where its types were, so that lines and columns stay. */
import { stripTypeScriptTypes } from "node:module";

/** Node warns, once in a process, that the function is experimental; whoever opens a dashboard can do nothing about it. */
export function stripTypes(source: string): string {
  const warning = Object.getOwnPropertyDescriptor(process, "emitWarning") ?? {};
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    Object.defineProperty(process, "emitWarning", warning);
  }
}
