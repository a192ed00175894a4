/** Arrow keys among links that lie in rows: to the next one that way, as the eye sees it. */
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

type Way = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

export function useArrowKeys(area: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const list = area.current;
    const listen = (event: KeyboardEvent): void => {
      const links = [...(list?.querySelectorAll("a") ?? [])];
      const from = links.indexOf(document.activeElement as HTMLAnchorElement);
      if (from < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
      const next = neighbour(links, from, event.key);
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    };
    list?.addEventListener("keydown", listen);
    return () => list?.removeEventListener("keydown", listen);
  }, [area]);
}

function neighbour(links: readonly HTMLAnchorElement[], from: number, key: string): HTMLAnchorElement | undefined {
  if (key === "ArrowRight") return links[from + 1];
  if (key === "ArrowLeft") return links[from - 1];
  if (key === "Home") return links[0];
  if (key === "End") return links.at(-1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  return above(links, from, key);
}

function above(links: readonly HTMLAnchorElement[], from: number, way: Way): HTMLAnchorElement | undefined {
  const here = links[from]?.getBoundingClientRect();
  if (here === undefined) return undefined;
  const isThatWay = (box: DOMRect): boolean => (way === "ArrowUp" ? box.bottom <= here.top : box.top >= here.bottom);
  const distance = (box: DOMRect): number => Math.abs(box.top - here.top) * 100 + Math.abs(box.left - here.left);
  return links
    .map((link) => ({ link, box: link.getBoundingClientRect() }))
    .filter(({ box }) => isThatWay(box))
    .toSorted((a, b) => distance(a.box) - distance(b.box))[0]?.link;
}
