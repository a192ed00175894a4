/** Questions to the gateway and changes of it, through the dashboard's own server. */

/** What an answer that is none has to say: RFC 9457, or nothing but a status. */
export class Refusal extends Error {
  readonly status: number;
  /** As in `docs/errors.md`; `unreachable`: nobody answered at all. */
  readonly code: string;
  readonly hint: string;

  constructor(said: { readonly status: number; readonly code: string; readonly title: string; readonly hint: string }) {
    super(said.title);
    this.status = said.status;
    this.code = said.code;
    this.hint = said.hint;
  }
}

type Given = Readonly<Record<string, string | number | undefined>>;

/** Throws `Refusal`. */
export async function ask<T>(path: string, parameters: Given = {}, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)])).toString();
  const url = query === "" ? path : `${path}?${query}`;
  const answer = await answered(fetch(url, { headers: { accept: "application/json" }, ...(signal && { signal }) }));
  return (await answer.json()) as T;
}

/** Throws `Refusal`. */
export async function tell<T>(path: string, body: Given = {}): Promise<T | undefined> {
  const headers = { "content-type": "application/json" };
  const answer = await answered(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
  return answer.status === 204 ? undefined : ((await answer.json()) as T);
}

/** Throws `Refusal`, and where it was given up, an `AbortError`. */
export async function answered(asked: Promise<Response>): Promise<Response> {
  const answer = await asked.catch((error: unknown) => {
    if (error instanceof DOMException) throw error;
    throw new Refusal({ status: 0, code: "unreachable", title: String(error), hint: "" });
  });
  if (answer.ok) return answer;
  const said = (await answer.json().catch(() => ({}))) as { code?: string; title?: string; hint?: string };
  const { code = answer.status === 401 ? "signed-out" : "refused", title = answer.statusText, hint = "" } = said;
  throw new Refusal({ status: answer.status, code, title, hint });
}
