import { setImmediate as nextTurn } from "node:timers/promises";
import type { SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import type { Ledger } from "../../collect/ledger/ledger.ts";
import type { CoverageRun } from "../../domain/coverage.ts";
import type { Device } from "../../domain/device.ts";
import type { Interval } from "../../domain/intervals.ts";

/** A device and what the ledger knows of each of its series, in the order of their numbers. */
export interface DeviceRuns {
  readonly device: Device;
  readonly series: readonly { readonly owner: SeriesOwner; readonly runs: readonly CoverageRun[] }[];
}

/** Devices of which the ledger is read at once: a read costs two queries, however many series it is of. */
const DEVICES_PER_READ = 25;

/**
 * What is known of the series of some devices, device by device; others have their turn between, for a year of many devices is long.
 * Of a device without a connection nothing is asked, and nothing read.
 * @throws StorageUnavailable
 */
export async function* runsOfDevices(
  devices: Iterable<Device> | AsyncIterable<Device>,
  directory: SeriesDirectory,
  ledger: Pick<Ledger, "runsOf">,
  span: Interval,
): AsyncGenerator<DeviceRuns, void, undefined> {
  let piece: Device[] = [];
  for await (const device of devices) {
    piece.push(device);
    if (piece.length < DEVICES_PER_READ) continue;
    yield* runsOfPiece(piece, directory, ledger, span);
    piece = [];
  }
  yield* runsOfPiece(piece, directory, ledger, span);
}

async function* runsOfPiece(
  devices: readonly Device[],
  directory: SeriesDirectory,
  ledger: Pick<Ledger, "runsOf">,
  span: Interval,
): AsyncGenerator<DeviceRuns, void, undefined> {
  const ofDevices = devices.map((device) => ({
    device,
    owners: directory.allOfDevice(device.id).sort((a, b) => a.series - b.series),
  }));
  const asked = ofDevices.flatMap(({ device, owners }) => (device.connectionId === null ? [] : owners));
  const known = await ledger.runsOf(
    asked.map(({ series }) => series),
    span,
  );
  for (const { device, owners } of ofDevices) {
    yield { device, series: owners.map((owner) => ({ owner, runs: known.get(owner.series) ?? [] })) };
    await nextTurn();
  }
}
