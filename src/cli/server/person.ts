import type { Command } from "commander";
import { z } from "zod";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import { Interrupted, onInterrupt } from "../interrupt.ts";
import { readPassword } from "../secret.ts";
import { say } from "../terminal.ts";
import { ServerApi } from "./api.ts";
import { ServerRefused } from "./errors.ts";
import { addServerOptions, hasKey, openServer, type ServerFlags, serverAddress } from "./options.ts";

export interface AskerFlags extends ServerFlags {
  readonly signIn?: string;
  readonly passwordFile?: string;
}

/** What the asker must be: somebody who may look; a key or a person who may write; a person, because no key decides who gets in. */
export type Need = "look" | "write" | "person";

const Session = z.object({ accessToken: z.string() });

/** For commands that a key or a person may give. */
export function addAskerOptions(command: Command): Command {
  return addServerOptions(command)
    .option("--sign-in <email>", "ask as this person instead of by a key, for as long as the command runs")
    .option("--password-file <file>", "file that holds their password; else KILOWATCH_PASSWORD, else a prompt");
}

/**
 * Does some work at the server that the flags name, and leaves it: a person who was signed in for it is signed out again.
 * @throws BadUse when the flags say nobody who could ask, CommandFailed
 */
export async function atServer(
  flags: AskerFlags,
  need: Need,
  work: (api: ServerApi, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  using interruption = onInterrupt();
  await using api = await openAs(flags, need, interruption.signal);
  try {
    await work(api, interruption.signal);
  } catch (error) {
    if (error instanceof Interrupted) {
      throw new CommandFailed("Stopped. What had been asked for already may have been done.");
    }
    if (error instanceof ServerRefused && error.status === 403 && flags.signIn === undefined) {
      throw new ServerRefused(403, error.detail, "An administrator may: name one by --sign-in <email>.");
    }
    throw error;
  }
}

async function openAs(flags: AskerFlags, need: Need, signal: AbortSignal): Promise<ServerApi> {
  const { signIn, passwordFile, keyFile, url } = flags;
  if (signIn === undefined) {
    if (passwordFile !== undefined) throw new BadUse("--password-file does nothing without --sign-in <email>.");
    if (need === "person" && !hasKey(keyFile)) {
      throw new BadUse("Who gets in is decided by an administrator, and by no API key: say who by --sign-in <email>.");
    }
    return openServer(flags, need === "look" ? "look" : "write");
  }
  if (keyFile !== undefined) throw new BadUse("Either --sign-in or --key-file says who asks, not both.");
  const address = serverAddress(url);
  const password = await readPassword({
    variable: "KILOWATCH_PASSWORD",
    flag: "--password-file",
    file: passwordFile,
    title: `Password of ${signIn}`,
  });
  return new PersonsServerApi({ url: address, apiKey: await accessTokenOf(address, signIn, password, signal) });
}

async function accessTokenOf(url: string, email: string, password: string, signal: AbortSignal): Promise<string> {
  await using stranger = new ServerApi({ url, apiKey: null });
  try {
    return (await stranger.create(Session, "/auth/login", { email, password }, signal)).accessToken;
  } catch (error) {
    if (error instanceof Interrupted) throw new CommandFailed("Stopped: nothing was asked for.");
    if (error instanceof ServerRefused && error.status === 401) {
      throw new CommandFailed(`${email} was not let in: ${error.detail}`);
    }
    throw error;
  }
}

/** The server, as a person sees it who signed in for one command. */
class PersonsServerApi extends ServerApi {
  override async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.signOut();
    } catch (error) {
      // The work is done or has failed by its own reason; this is no reason to say otherwise.
      say(`Signing out failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await super[Symbol.asyncDispose]();
    }
  }
}
