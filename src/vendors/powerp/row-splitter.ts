import { UnreadableAnswer } from "../../transport/errors.ts";

/** Rows are parsed once they make this many bytes: enough that parsing is quick, few enough that they are soon forgotten. */
const GROUP_BYTES = 64 * 1024;

/** The rows' key, what separates it from others, and blanks: where it takes more than this, it is not found. */
const KEY_BYTES_MAX = 256;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export interface RowSplitterOptions {
  /** Where the rows are: the answer is their array itself, or an object with the array under this key. */
  readonly key: string | null;
  /** Takes rows in order, some at a time; what it throws ends the reading. */
  readonly onRows: (rows: readonly unknown[]) => void;
}

/**
 * Takes the rows out of a JSON answer while it comes, so that neither the answer nor its rows are ever held whole: what is kept is
 * the rows since the last group, and everything around the rows' array.
 */
export class RowSplitter {
  readonly #options: RowSplitterOptions;
  readonly #keyBefore: RegExp | null;
  readonly #around: Buffer[] = [];
  #group: Buffer[] = [];
  #groupBytes = 0;
  /** Whether a comma stands before the group or behind it, so that it must not be empty. */
  #separated = false;
  #depth = 0;
  /** The depth inside the rows' array; 0 before it and after it. */
  #rowsDepth = 0;
  #rowsSeen = false;
  #inString = false;
  #escaped = false;

  constructor(options: RowSplitterOptions) {
    this.#options = options;
    const { key } = options;
    // A quote inside a string is escaped, so that no string can hold what this looks for.
    this.#keyBefore = key === null ? null : new RegExp(`[{,]\\s*"${key}"\\s*:\\s*$`);
  }

  /** @throws UnreadableAnswer when a group of rows is not JSON */
  write(bytes: Uint8Array): void {
    let from = 0;
    let depth = this.#depth;
    let rowsDepth = this.#rowsDepth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    for (let at = 0; at < bytes.length; at++) {
      // Within the bytes.
      const byte = bytes[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      switch (byte) {
        case QUOTE:
          inString = true;
          break;
        case OPEN_OBJECT:
          depth++;
          break;
        case OPEN_ARRAY:
          depth++;
          if (!this.#rowsSeen && this.#opensRows(depth, bytes.subarray(from, at))) {
            this.#keepAround(bytes.subarray(from, at + 1));
            this.#rowsSeen = true;
            rowsDepth = depth;
            from = at + 1;
          }
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          if (depth === rowsDepth && rowsDepth > 0) {
            this.#keepGroup(bytes.subarray(from, at));
            this.#parseGroup();
            rowsDepth = 0;
            from = at;
          }
          depth--;
          break;
        case COMMA:
          if (depth === rowsDepth && this.#groupBytes + at - from >= GROUP_BYTES) {
            this.#keepGroup(bytes.subarray(from, at));
            this.#separated = true;
            this.#parseGroup();
            from = at + 1;
          }
          break;
        default:
      }
    }
    const rest = bytes.subarray(from);
    if (rowsDepth > 0) this.#keepGroup(rest);
    else this.#keepAround(rest);
    this.#depth = depth;
    this.#rowsDepth = rowsDepth;
    this.#inString = inString;
    this.#escaped = escaped;
  }

  /** What stands around the rows, with their array empty. @throws UnreadableAnswer when it is not JSON, or when the rows were cut short */
  end(): unknown {
    if (this.#rowsDepth > 0) throw new UnreadableAnswer("it was cut short");
    return parsed(this.#around);
  }

  #opensRows(depth: number, before: Uint8Array): boolean {
    if (this.#keyBefore === null) return depth === 1;
    return depth === 2 && this.#keyBefore.test(this.#endOf(before));
  }

  /** The end of all that came up to some bytes, and no more: it is looked at for every array that is not the rows'. */
  #endOf(before: Uint8Array): string {
    const parts = [before.subarray(-KEY_BYTES_MAX)];
    let missing = KEY_BYTES_MAX - before.length;
    for (let at = this.#around.length - 1; at >= 0 && missing > 0; at--) {
      // Within the list.
      const part = this.#around[at]!.subarray(-missing);
      parts.unshift(part);
      missing -= part.length;
    }
    return Buffer.concat(parts).toString("utf8");
  }

  /** Copies: the bytes are the network's, and may be used again. */
  #keepAround(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#around.push(Buffer.from(bytes));
  }

  #keepGroup(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#group.push(Buffer.from(bytes));
    this.#groupBytes += bytes.length;
  }

  #parseGroup(): void {
    const group = this.#group;
    this.#group = [];
    this.#groupBytes = 0;
    const rows = parsed([OPEN, ...group, CLOSE]) as readonly unknown[];
    if (rows.length === 0 && this.#separated) throw notJson();
    this.#options.onRows(rows);
  }
}

const OPEN = Buffer.from("[");
const CLOSE = Buffer.from("]");

function parsed(bytes: readonly Buffer[]): unknown {
  try {
    return JSON.parse(Buffer.concat(bytes).toString("utf8"));
  } catch {
    throw notJson();
  }
}

function notJson(): UnreadableAnswer {
  return new UnreadableAnswer("it is not JSON");
}
