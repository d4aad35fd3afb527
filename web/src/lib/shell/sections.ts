import type { Me } from "#lib/api/types.gen.ts";

/** A part of the house that the header leads to. */
export interface Section {
  readonly name: "fleet" | "coverage" | "connections";
  readonly path: string;
  /** Whether somebody may open it; what they see there is decided by the API again. */
  readonly isFor: (me: Me) => boolean;
}

export const SECTIONS: readonly Section[] = [
  { name: "fleet", path: "/", isFor: () => true },
  { name: "coverage", path: "/coverage", isFor: () => true },
  { name: "connections", path: "/connections", isFor: ({ role }) => role === "admin" },
];

/** The section that holds a page: the one with the longest path in front of the page's own. */
export function sectionOf(pathname: string): Section | null {
  const holding = SECTIONS.filter(({ path }) => path === pathname || (path !== "/" && pathname.startsWith(`${path}/`)));
  return holding.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}
