import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Body, BodyMaker, type Form } from "./bodies.ts";
import { DataSet, type DataSetPlan, dataSetPlan } from "./data-set.ts";
import type { Sample } from "./figures.ts";
import type { Peer, PeerId, RunningPeer } from "./peer.ts";

/** What a part of the measuring is given. */
export interface Stage {
  readonly peers: readonly Peer[];
  /** Rounds; in each, every peer has its turn. */
  readonly runs: number;
  /** 1: the sizes of the issue; less for a look. */
  readonly scale: number;
  /** A look, which must be short: peers are not waited for until they rest. */
  readonly isLook: boolean;
  /** Where peers keep their data; on the disk that is to be measured. */
  readonly workFolder: string;
  record(sample: Sample): void;
  /** For whoever watches. */
  say(line: string): void;
  /** Also for whoever reads the report: what went wrong. */
  note(line: string): void;
}

/** Lines of one body. */
export const LINES_PER_BODY = 10_000;

export type Part = (stage: Stage) => Promise<void>;

/** A data set and the bodies that make it. */
export function bodiesOf(
  name: DataSetPlan["name"],
  scale: number,
): { set: DataSet; maker: (form: Form, ids?: string[]) => BodyMaker } {
  const set = new DataSet(dataSetPlan(name, scale));
  return { set, maker: (form, ids) => new BodyMaker(set, form, LINES_PER_BODY, ids) };
}

export function linesIn(bodies: readonly Body[]): number {
  return bodies.reduce((total, { lines }) => total + lines, 0);
}

/**
 * Starts a peer on an empty folder, lets it work, stops it and removes the folder. One peer runs at a time: whoever is not measured
 * takes no core, no memory and no disk.
 */
export async function onFreshPeer<T, R extends RunningPeer>(
  stage: Stage,
  peer: Peer<R>,
  work: (running: R) => Promise<T>,
): Promise<T> {
  const folder = join(stage.workFolder, `${peer.id}-run`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    return await onPeer(peer, folder, work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a peer on a folder, lets it work, and stops it. */
export async function onPeer<T, R extends RunningPeer>(
  peer: Peer<R>,
  folder: string,
  work: (running: R) => Promise<T>,
): Promise<T> {
  const running = await peer.start(folder);
  try {
    return await work(running);
  } finally {
    await running.stop();
  }
}

/** Rounds A B C, A B C, …: what the machine does meanwhile falls on all of them. */
export async function inRounds(
  stage: Stage,
  ids: readonly PeerId[],
  turn: (peer: Peer, run: number) => Promise<void>,
): Promise<void> {
  for (let run = 1; run <= stage.runs; run++) {
    for (const peer of stage.peers.filter(({ id }) => ids.includes(id))) {
      await attempt(stage, `${peer.name}, run ${run}`, () => turn(peer, run));
    }
  }
}

/** What fails leaves its figures out and is noted; the rest goes on. */
export async function attempt(stage: Stage, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    stage.note(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
