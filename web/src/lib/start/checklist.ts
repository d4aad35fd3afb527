import type { Connection } from "#lib/api/types.gen.ts";
import { text } from "#lib/text.ts";

/** What the API says of an installation, as far as the checklist looks at it. */
export interface Facts {
  readonly adminName: string;
  readonly sites: number;
  readonly devices: number;
  readonly hasReading: boolean;
  readonly connections: readonly Pick<Connection, "id" | "name" | "devices" | "pausedAt" | "state" | "message">[];
  readonly people: number;
  readonly readKeys: number;
}

export type StepName = keyof typeof text.start.checklist.steps;

export interface Step {
  readonly name: StepName;
  readonly state: "done" | "missing" | "optional";
  /** What is there, or what is missing and why it matters. */
  readonly detail: string;
  /** Where it is done; null once it is. */
  readonly path: string | null;
}

/** A connection that collects nothing until somebody does something. */
export interface Unfinished {
  readonly id: string;
  readonly name: string;
  readonly why: keyof typeof text.start.unfinished.why;
  /** What the server says of it. */
  readonly message: string | null;
  /** Where it goes on. */
  readonly path: string;
}

/** What an installation has and what it lacks, in the order in which people do it; what it can do without comes last. */
export function checklist(facts: Facts): readonly Step[] {
  const { steps, counts } = text.start.checklist;
  const step = (name: StepName, isDone: boolean, done: string, path: string, without: "missing" | "optional"): Step =>
    isDone
      ? { name, state: "done", detail: done, path: null }
      : { name, state: without, detail: steps[name].missing, path };
  const { sites, devices, hasReading, people, readKeys } = facts;
  return [
    step("admin", true, steps.admin.done(facts.adminName), "/welcome", "missing"),
    step("site", sites > 0, steps.site.done(counts.sites(sites)), "/push", "missing"),
    step("source", devices > 0, steps.source.done(counts.devices(devices)), "/connect", "missing"),
    step("reading", hasReading, steps.reading.done(), "/push", "missing"),
    step("secondPerson", people > 1, steps.secondPerson.done(counts.people(people)), "/admin/users/new", "optional"),
    step("readKey", readKeys > 0, steps.readKey.done(counts.keys(readKeys)), "/admin/keys/new", "optional"),
  ];
}

/** Connections whose set-up was left, or that wait for somebody. */
export function unfinished(connections: Facts["connections"]): readonly Unfinished[] {
  return connections.flatMap(({ id, name, devices, pausedAt, state, message }): Unfinished[] => {
    if (devices === 0) return [{ id, name, why: "noDevices", message: null, path: `/connect/${id}/devices` }];
    if (pausedAt !== null) return [{ id, name, why: "paused", message: null, path: `/connect/${id}/plan` }];
    return state === "refused" ? [{ id, name, why: "refused", message, path: `/connections/${id}` }] : [];
  });
}
