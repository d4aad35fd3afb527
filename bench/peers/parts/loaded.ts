import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Body } from "../bodies.ts";
import type { Connection } from "../connection.ts";
import type { DataSet } from "../data-set.ts";
import { sendAll } from "../load.ts";
import type { Peer, RunningPeer } from "../peer.ts";
import type { Question } from "../questions.ts";
import { bodiesOf, onPeer, type Stage } from "../stage.ts";

const LOAD_CONNECTIONS = 4;

type LoadedPlace = Pick<Stage, "workFolder" | "scale">;

/** Asks one question; answers the bodies of its answers. @throws when one is not 200 */
export async function ask(running: RunningPeer, connection: Connection, asked: Question): Promise<Buffer[]> {
  const bodies: Buffer[] = [];
  for (const { start, headers } of running.requests(asked)) {
    const { status, body } = await connection.send(start, headers, null);
    if (status !== 200) throw new Error(`${start} answered ${status}: ${body.toString().slice(0, 300)}`);
    bodies.push(body);
  }
  return bodies;
}

/**
 * A copy of a peer's folder with a whole data set in it, merged. The first call loads it; it stays in the work folder for later runs
 * and parts, which are given copies since a running peer changes its files.
 */
export async function copyOfLoaded(stage: Stage, peer: Peer, name: "A" | "B"): Promise<string> {
  const loaded = loadedFolder(stage, peer, name);
  const done = join(loaded, "loaded");
  if (!existsSync(done)) {
    stage.say(`loading data set ${name} into ${peer.name}`);
    await loadWhole(stage, peer, name, loaded);
    await peer.merge(loaded);
    writeFileSync(done, "");
  }
  const copy = join(stage.workFolder, `${peer.id}-copy`);
  rmSync(copy, { recursive: true, force: true });
  cpSync(loaded, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Forgets what was loaded into a peer: one that is being worked on may store another way by now. */
export function forgetLoaded(stage: LoadedPlace, peer: Peer): void {
  for (const name of ["A", "B"] as const) rmSync(loadedFolder(stage, peer, name), { recursive: true, force: true });
}

function loadedFolder(stage: LoadedPlace, peer: Peer, name: string): string {
  return join(stage.workFolder, `loaded-${name}-${stage.scale}`, peer.id);
}

/** A data set, from its first line to its last, into an empty folder. */
export async function loadWhole(stage: Stage, peer: Peer, name: "A" | "B", folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { set, maker } = bodiesOf(name, stage.scale);
  const line = maker("line");
  await onPeer(peer, folder, async (running) => {
    await sendAll(
      running,
      "line",
      eachBody(set, (n) => line.body(n)),
      LOAD_CONNECTIONS,
    );
    await running.settle();
    if (!stage.isLook) await running.rest(set);
  });
}

/** The bodies of a whole set, each made when it is about to be sent. */
export function* eachBody(set: DataSet, body: (n: number) => Body, readings = set.readings): Generator<Body> {
  let sent = 0;
  for (let n = 0; sent < readings; n++) {
    const made = body(n);
    sent += made.lines;
    yield made;
  }
}
