import type { Command, Option } from "commander";
import { BadUse } from "./exit-codes.ts";

/** Which options one call of a vendor takes, by their names as attributes, such as `secretFile`. */
export interface CallOptions {
  readonly words: string;
  readonly needs: readonly string[];
  readonly takes: readonly string[];
}

/** The calls as the help of a command lists them. */
export function callWords(calls: Readonly<Record<string, CallOptions>>): string {
  const width = Math.max(...Object.keys(calls).map((name) => name.length)) + 2;
  const lines = Object.entries(calls).map(([name, { words }]) => `  ${name.padEnd(width)}${words}`);
  return `\nCalls:\n${lines.join("\n")}`;
}

/** The call's name, when there is such a call. @throws BadUse */
export function checkedCall<C extends string>(name: string, calls: Readonly<Record<C, CallOptions>>): C {
  if (Object.hasOwn(calls, name)) return name as C;
  throw new BadUse(`There is no call "${name}"; there is: ${Object.keys(calls).join(", ")}.`);
}

/** Refuses options that mean nothing to a call, and a call without those that it needs. @throws BadUse */
export function checkCallOptions(
  command: Command,
  call: string,
  { needs, takes }: CallOptions,
  always: readonly string[],
): void {
  const given = command.options.filter((option) => isGiven(command, option)).map((option) => option.attributeName());
  const strange = given.find((name) => ![...needs, ...takes, ...always].includes(name));
  if (strange !== undefined) throw new BadUse(`${call} takes no ${flagOf(command, strange)}.`);
  const lacking = needs.filter((name) => !given.includes(name)).map((name) => flagOf(command, name));
  if (lacking.length > 0) throw new BadUse(`${call} needs ${lacking.join(", ")}; --help shows how it is written.`);
}

function isGiven(command: Command, option: Option): boolean {
  return command.getOptionValueSource(option.attributeName()) === "cli";
}

function flagOf(command: Command, name: string): string {
  return command.options.find((option) => option.attributeName() === name)?.long ?? `--${name}`;
}
