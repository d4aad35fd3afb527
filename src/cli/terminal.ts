import { once } from "node:events";
import { styleText } from "node:util";

/** Words go to stderr, so that data on stdout stays data. */
export function say(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}

/** Words without control characters: a vendor's own words may be among them, and must not steer the terminal. */
export function visible(words: string): string {
  return words.replaceAll(/[^\P{Cc}\n]/gu, "\u{fffd}");
}

/** Data for a program or a person, on stdout. */
export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** As `print`, for text of any length and as it is: resolves when stdout's reader keeps up. */
export async function printAll(text: string | Uint8Array): Promise<void> {
  if (text.length > 0 && !process.stdout.write(text)) await once(process.stdout, "drain");
}

export interface Row {
  readonly label: string;
  readonly value: string;
  /** Draws the eye on a terminal; says nothing that the words do not. */
  readonly tone?: "good" | "bad";
}

/** Leaves out a table's rules between rows. */
export const NO_RULES = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };

/** Rows as a table on a terminal, as `label: value` lines into a pipe; on stdout. */
export async function printRows(rows: readonly Row[]): Promise<void> {
  if (!process.stdout.isTTY) {
    print(rows.map(({ label, value }) => `${label}: ${value}`).join("\n"));
    return;
  }
  const { default: Table } = await import("cli-table3");
  const table = new Table({ style: { head: [], border: ["gray"] }, chars: NO_RULES });
  for (const { label, value, tone } of rows) {
    table.push([styleText("bold", label), tone ? styleText(tone === "good" ? "green" : "red", value) : value]);
  }
  print(table.toString());
}

/** `1 topic`, `2 topics`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** `49.02 s`, `3 min 20 s`, `2 h 5 min`: as exact as a person wants it. */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1_000;
  if (seconds < 99.995) return `${seconds.toFixed(2).replace(/\.?0+$/, "")} s`;
  const whole = Math.round(seconds);
  if (whole < 6_000) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Power with three digits that count: `842 W`, `3.24 kW`, `1.05 MW`. */
export function powerText(powerW: number): string {
  const steps = ["W", "kW", "MW", "GW"] as const;
  let step = 0;
  let value = powerW;
  while (Math.abs(value) >= 999.5 && step < steps.length - 1) {
    value /= 1_000;
    step++;
  }
  const digits = step === 0 || Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${steps[step] ?? "W"}`;
}
