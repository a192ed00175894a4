/** Which page an address means, and the address of a page: the same both ways, so that every view can be linked. Pure. */

export type Place =
  | { readonly page: "overview" }
  | { readonly page: "depot"; readonly depot: number }
  | { readonly page: "terminal"; readonly flow: string }
  | { readonly page: "refusals"; readonly by: "source" | "flow"; readonly range: string }
  | { readonly page: "changes" }
  | { readonly page: "matrix"; readonly text: string }
  | { readonly page: "audit" }
  | { readonly page: "nowhere"; readonly path: string };

export type PageName = Place["page"];

/** How far back the refusals go, in milliseconds. */
export const RANGES: Readonly<Record<string, number>> = {
  "15m": 900_000,
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
};

export function placeOf(path: string, search = ""): Place {
  const [, first = "", second] = path.split("/");
  const query = new URLSearchParams(search);
  if (second === undefined) return topPlace(first, query) ?? { page: "nowhere", path };
  const rest = decoded(second);
  if (first === "depot" && rest !== undefined && /^\d{1,2}$/.test(rest)) return { page: "depot", depot: Number(rest) };
  if (first === "terminal" && rest !== undefined && rest !== "") return { page: "terminal", flow: rest };
  return { page: "nowhere", path };
}

export function addressOf(place: Place): string {
  switch (place.page) {
    case "overview":
      return "/";
    case "depot":
      return `/depot/${place.depot}`;
    case "terminal":
      return `/terminal/${encodeURIComponent(place.flow)}`;
    case "refusals":
      return `/refusals?by=${place.by}&range=${place.range}`;
    case "matrix":
      return place.text === "" ? "/matrix" : `/matrix?text=${encodeURIComponent(place.text)}`;
    case "nowhere":
      return place.path;
    default:
      return `/${place.page}`;
  }
}

function topPlace(name: string, query: URLSearchParams): Place | undefined {
  switch (name) {
    case "":
      return { page: "overview" };
    case "refusals": {
      const range = query.get("range") ?? "1h";
      const by = query.get("by") === "flow" ? "flow" : "source";
      return { page: "refusals", by, range: Object.hasOwn(RANGES, range) ? range : "1h" };
    }
    case "matrix":
      return { page: "matrix", text: query.get("text") ?? "" };
    case "changes":
    case "audit":
      return { page: name };
    default:
      return undefined;
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
