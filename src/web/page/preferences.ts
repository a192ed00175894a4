/** What the reader chose, kept in this browser. */
import type { Language } from "./words/words.ts";

export type Theme = "auto" | "light" | "dark";

const THEMES: readonly string[] = ["auto", "light", "dark"];

export function chosenLanguage(): Language | undefined {
  const kept = read("language");
  return kept === "fr" || kept === "en" ? kept : undefined;
}

export function chooseLanguage(language: Language): void {
  write("language", language);
}

export function chosenTheme(): Theme {
  const kept = read("theme") ?? "auto";
  return THEMES.includes(kept) ? (kept as Theme) : "auto";
}

export function chooseTheme(theme: Theme): void {
  write("theme", theme);
  showTheme(theme);
}

/** The stylesheet asks for the root's `data-theme`. */
export function showTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function chosenName(): string | undefined {
  return read("name");
}

export function chooseName(name: string): void {
  write("name", name);
}

/** A browser that keeps nothing (private windows, a policy) is no reason to fail. */
function read(key: string): string | undefined {
  try {
    return localStorage.getItem(`ecluse-${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`ecluse-${key}`, value);
  } catch {
    // It holds until the page is closed.
  }
}
