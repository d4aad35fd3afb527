import type { Command } from "commander";
import type { ElecnovaClient } from "../../vendors/elecnova/client.ts";
import { CallWatch } from "../call-watch.ts";
import { onInterrupt } from "../interrupt.ts";
import { withExample } from "../program.ts";
import { startProgress } from "../progress.ts";
import { type ClientCredential, readClientCredential } from "../secret.ts";
import { say } from "../terminal.ts";
import { gatherCabinets, gatherEach, handOutRows, listingOutputs, readOfCabinet } from "./fetch-rows.ts";
import { followLive, liveRequestOf } from "./live.ts";
import {
  addElecnovaOptions,
  brokerOf,
  ELECNOVA_SECRETS,
  type ElecnovaRequest,
  readElecnovaRequest,
} from "./options.ts";

export function addFetchElecnova(fetch: Command): void {
  const command = fetch
    .command("elecnova")
    .description("Ask Elecnova's cloud: cabinets, their components, PV power and energy, and live data.")
    .action(async (call: string) => {
      const request = readElecnovaRequest(call, command);
      await (request.call === "live" ? fetchLive(request) : fetchRows({ ...request, call: request.call }));
    });
  withExample(
    addElecnovaOptions(command),
    "kilowatch fetch elecnova cabinets --url http://localhost:3001",
    "kilowatch fetch elecnova pv-power --sn ESS-001..ESS-012 --from 2026-11-20 --to 2026-11-20 --out power.csv",
    "kilowatch fetch elecnova live --sn ESS-001 --url http://localhost:3001 --mqtt-ca broker.pem --for 30s",
  );
}

type RowsRequest = Parameters<typeof handOutRows>[0];

async function fetchRows(request: RowsRequest): Promise<void> {
  const read = readOfCabinet(request);
  await listingOutputs(request.flags.out);
  const credential = await credentialOf(request);
  using interruption = onInterrupt();
  const total = request.sns.length;
  // How many cabinets a list of them holds shows in the end.
  const progress = await startProgress({ title: "Elecnova", total, unit: "cabinets", plain: total === 0 });
  const watch = watchOf(request, (words) => progress.note(words));
  const client = await open(request, credential, watch);
  const interrupted = interruption.signal;
  const stop = AbortSignal.any([interrupted, watch.hopeless]);
  try {
    const gathered = read
      ? await gatherEach(client, request.sns, read, { progress, watch, stop, interrupted })
      : await gatherCabinets(client, stop, interrupted);
    progress.stop();
    await handOutRows(request, gathered, watch);
  } catch (error) {
    throw watch.endOf(error);
  } finally {
    progress.stop();
    await client.close();
  }
}

async function fetchLive(request: ElecnovaRequest): Promise<void> {
  const live = await liveRequestOf(request);
  const broker = await brokerOf(request.flags);
  const credential = await credentialOf(request);
  using interruption = onInterrupt();
  const watch = watchOf(request, say);
  const client = await open(request, credential, watch, broker);
  try {
    await followLive(client, live, interruption.signal);
  } catch (error) {
    throw watch.endOf(error);
  } finally {
    await client.close();
  }
}

function watchOf({ baseUrl }: ElecnovaRequest, note: (words: string) => void): CallWatch {
  return new CallWatch({ baseUrl, credential: "the client id and the secret", note });
}

function credentialOf({ secretFile }: ElecnovaRequest): Promise<ClientCredential> {
  return readClientCredential({ ...ELECNOVA_SECRETS, file: secretFile });
}

async function open(
  { baseUrl, profile }: ElecnovaRequest,
  credential: ClientCredential,
  { events }: CallWatch,
  broker: { mqttUrl?: string | undefined; mqttCa?: string | undefined } = {},
): Promise<ElecnovaClient> {
  const { ElecnovaClient } = await import("../../vendors/elecnova/client.ts");
  return new ElecnovaClient({ baseUrl, apiProfile: profile, ...credential, ...broker, events });
}
