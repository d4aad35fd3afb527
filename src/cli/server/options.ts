import type { Command } from "commander";
import { readSecretVariable } from "../../config.ts";
import { checkedAddress } from "../address.ts";
import { readSecret } from "../secret.ts";
import { ServerApi } from "./api.ts";
import { ServerRefused } from "./errors.ts";
import { pageOf, Site } from "./shapes.ts";

export const DEFAULT_SERVER = "http://127.0.0.1:8080";

export interface ServerFlags {
  readonly url: string;
  readonly keyFile?: string;
}

export function addServerOptions(command: Command): Command {
  return command
    .option("--url <address>", "where Kilowatch runs", DEFAULT_SERVER)
    .option(
      "--key-file <file>",
      "file that holds an API key; else KILOWATCH_API_KEY, else a prompt where one is needed",
    );
}

/**
 * The server that the flags name. A key is asked for where there is a terminal and the server lets nobody look without.
 * @param need what the key is for: to look, which some servers let everyone do; to write, which none does
 * @throws BadUse when there is no key to be had, ServerUnreachable
 */
export async function openServer({ url, keyFile }: ServerFlags, need: "look" | "write"): Promise<ServerApi> {
  const address = serverAddress(url);
  if (!hasKey(keyFile) && need === "look") {
    const api = new ServerApi({ url: address, apiKey: null });
    if (await letsLook(api)) return api;
    await api[Symbol.asyncDispose]();
  }
  const apiKey = await readSecret({
    variable: "KILOWATCH_API_KEY",
    flag: "--key-file",
    file: keyFile,
    title: "Kilowatch API key",
  });
  return new ServerApi({ url: address, apiKey });
}

/** Without a slash at the end. @throws BadUse */
export function serverAddress(url: string): string {
  return checkedAddress(url, { flag: "--url", example: DEFAULT_SERVER }).replace(/\/+$/, "");
}

/** Whether there is an API key without asking for it. */
export function hasKey(keyFile: string | undefined): boolean {
  return keyFile !== undefined || readSecretVariable("KILOWATCH_API_KEY") !== undefined;
}

async function letsLook(api: ServerApi): Promise<boolean> {
  try {
    await api.get(pageOf(Site), "/sites", { limit: 1 });
    return true;
  } catch (error) {
    if (error instanceof ServerRefused && error.status === 401) return false;
    await api[Symbol.asyncDispose]();
    throw error;
  }
}
