import { text } from "#lib/text.ts";

/** As many as the API takes at once. */
export const SERIALS_MAX = 10_000;

export type Serials =
  | { readonly ok: true; readonly serials: readonly string[] }
  | { readonly ok: false; readonly message: string };

const RANGE = /^(.*?)(\d+)\.\.(.*?)(\d+)$/;
const { errors } = text.connect.devices;

/** Serial numbers as people write them: one a line or with commas between, `SN-000..SN-499` for all from one to the other. Each comes once. */
export function parseSerials(input: string): Serials {
  const serials = new Set<string>();
  for (const line of input.split(/[\n,;]/).map((part) => part.trim())) {
    if (line === "") continue;
    const expanded = line.includes("..") ? expandRange(line) : [line];
    if (expanded === null) return { ok: false, message: errors.range(line) };
    if (expanded === "too many") return { ok: false, message: errors.tooMany(SERIALS_MAX) };
    for (const serial of expanded) serials.add(serial);
    if (serials.size > SERIALS_MAX) return { ok: false, message: errors.tooMany(SERIALS_MAX) };
  }
  return serials.size > 0 ? { ok: true, serials: [...serials] } : { ok: false, message: errors.noSerials };
}

/** Null for a text that is no range. */
function expandRange(line: string): readonly string[] | "too many" | null {
  const [, prefix, first = "", otherPrefix, last = ""] = RANGE.exec(line.replaceAll(/\s*\.\.\s*/g, "..")) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (prefix === undefined || prefix !== otherPrefix || from > to || !Number.isSafeInteger(to)) return null;
  if (to - from >= SERIALS_MAX) return "too many";
  return Array.from(
    { length: to - from + 1 },
    (_, step) => `${prefix}${String(from + step).padStart(first.length, "0")}`,
  );
}
