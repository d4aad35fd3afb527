import type { Connection } from "../api/types.gen.ts";

type State = Connection["state"];

/** What needs a person first, then what heals by itself, then what is at rest on purpose. */
const STATE_RANK: Readonly<Record<State, number>> = {
  refused: 0,
  backing_off: 1,
  starting: 3,
  running: 4,
  standing_by: 5,
  paused: 6,
};
/** Nothing comes of it until somebody picks devices. */
const WITHOUT_DEVICES_RANK = 2;

const nameOrder = new Intl.Collator("en", { numeric: true });

type Rankable = Pick<Connection, "name" | "state" | "devices">;

/** Whether a connection could bring values, and has nothing to ask for. */
export function lacksDevices({ state, devices }: Pick<Rankable, "state" | "devices">): boolean {
  return state !== "paused" && devices === 0;
}

/** A new order: what needs a look first, and by name within that. */
export function ranked<T extends Rankable>(connections: readonly T[]): T[] {
  const rank = (each: T): number => {
    const own = STATE_RANK[each.state];
    return lacksDevices(each) ? Math.min(own, WITHOUT_DEVICES_RANK) : own;
  };
  return [...connections].sort((a, b) => rank(a) - rank(b) || nameOrder.compare(a.name, b.name));
}
