import { type BrokenRow, Lines, ROW_CHARS_MAX, type Row, type RowReader } from "./rows.ts";

/** One JSON object a line; its members are the columns. What is absent or null is empty. */
export class NdjsonRows implements RowReader {
  readonly #columns: readonly string[];
  readonly #lines = new Lines();

  /** @param columns the members that are wanted, in their order */
  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  write(text: string): readonly (Row | BrokenRow)[] {
    const rows: (Row | BrokenRow)[] = [];
    this.#lines.write(text, (line) => this.#take(line, rows));
    return rows;
  }

  end(): readonly (Row | BrokenRow)[] {
    const rows: (Row | BrokenRow)[] = [];
    this.#lines.end((line) => this.#take(line, rows));
    return rows;
  }

  #take(text: string, rows: (Row | BrokenRow)[]): void {
    const { line } = this.#lines;
    if (text.trim() === "") return;
    const members = text.length > ROW_CHARS_MAX ? null : membersOf(text);
    if (members === null) {
      rows.push({ line, reason: "no JSON object" });
      return;
    }
    rows.push({ line, cells: this.#columns.map((column) => cellText(members[column])) });
  }
}

/** The members of a line's object; null when it holds none. */
export function membersOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  // A number's own text would lose the sign of -0.
  if (Object.is(value, -0)) return "-0";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
