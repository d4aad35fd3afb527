import type { Command } from "commander";
import { CallWatch } from "../call-watch.ts";
import { CommandFailed } from "../exit-codes.ts";
import { onInterrupt } from "../interrupt.ts";
import { withExample } from "../program.ts";
import { type ClientCredential, readClientCredential } from "../secret.ts";
import { say } from "../terminal.ts";
import { fetchList, listRead } from "./fetch-lists.ts";
import type { Account } from "./fetch-points.ts";
import { addPowerPOptions, POWERP_SECRETS, type PowerPRequest, readPowerPRequest } from "./options.ts";

export function addFetchPowerP(fetch: Command): void {
  const command = fetch
    .command("powerp")
    .description(
      "Ask a PowerP tenant: its databases and signals, and points over any range, cut into calls that it allows.",
    )
    .action(async (call: string) => {
      const request = readPowerPRequest(call, command);
      const toPoints = call === "query" || (call === "select" && !request.flags.explain);
      if (!toPoints) return fetchOneList(request);
      const { fetchPoints, pointRead, selectRead } = await import("./fetch-points.ts");
      return call === "query"
        ? fetchPoints(request, pointRead(request), () => accountOf(request))
        : fetchPoints(request, selectRead(request), () => accountOf(request));
    });
  withExample(
    addPowerPOptions(command),
    "kilowatch fetch powerp measurements --database 123",
    "kilowatch fetch powerp query --database 123 --signals 1001..1200 --from 2026-11-20 --to 2026-11-20 --out points.csv",
    "kilowatch fetch powerp select --database 123 --selector site=S1,signal=active_power --from 2026-11-20T06:00:00Z --to 2026-11-20T07:00:00Z",
  );
}

async function fetchOneList(request: PowerPRequest): Promise<void> {
  const ask = listRead(request);
  const { watch: openWatch, open } = await accountOf(request);
  using interruption = onInterrupt();
  const watch = openWatch(say);
  const client = open(watch, false);
  try {
    await fetchList(request, (signal) => ask(client, signal), AbortSignal.any([interruption.signal, watch.hopeless]));
  } catch (error) {
    if (interruption.signal.aborted) throw new CommandFailed("Stopped.");
    throw watch.endOf(error);
  } finally {
    await client.close();
  }
}

async function accountOf(request: PowerPRequest): Promise<Account> {
  const { baseUrl, flags, api, secretFile } = request;
  const credential: ClientCredential = await readClientCredential({ ...POWERP_SECRETS, file: secretFile });
  const { PowerPClient } = await import("../../vendors/powerp/client.ts");
  const blockSize = flags.blockSize === undefined ? undefined : Number(flags.blockSize);
  return {
    watch: (note) => new CallWatch({ baseUrl, credential: "the client id and the secret", note }),
    open: ({ events }, budgetSpent) =>
      new PowerPClient({ baseUrl, ...credential, events, api, blockSize, budgetSpent }),
  };
}
