import type { FaultDice } from "./faults.ts";
import type { Fleet } from "./fleet.ts";

/** One device as the vendor sends it. */
export interface Row {
  readonly sn: string;
  readonly power: string;
  readonly status: "Online" | "Offline";
  readonly last_updated: string;
}

/** Texts that stand where a power should. */
const UNREADABLE = ["N/A", "", "--", "3,24 kW", "kW", "NaN kW", "error", "3.24 kVA"] as const;

/** The devices that were asked for, in that order; one that the vendor does not know is left out. */
export function rowsFor(fleet: Fleet, serials: readonly string[], timeMs: number, skewMs: number): Row[] {
  return serials.flatMap((sn) => {
    const state = fleet.get(sn)?.at(timeMs);
    if (!state) return [];
    return {
      sn,
      power: state.powerText,
      status: state.online ? "Online" : "Offline",
      last_updated: new Date(state.reportedAtMs + skewMs).toISOString(),
    } satisfies Row;
  });
}

/** The rows as a vendor with a bad day sends them; each fault that strikes touches one row. */
export function spoiled(rows: readonly Row[], fleet: Fleet, dice: FaultDice, request: number): Row[] {
  const spoilt = [...rows];
  const victim = (name: string): number => Math.floor(dice.pick(name, request) * spoilt.length);
  if (dice.strikes("missing", request) && spoilt.length > 0) spoilt.splice(victim("missing"), 1);
  if (dice.strikes("unreadable", request)) {
    const at = victim("unreadable");
    const row = spoilt[at];
    const text = UNREADABLE[Math.floor(dice.pick("unreadable text", request) * UNREADABLE.length)] ?? "";
    if (row) spoilt[at] = { ...row, power: text };
  }
  if (dice.strikes("repeated", request)) {
    const row = spoilt[victim("repeated")];
    if (row) spoilt.push({ ...row, power: "0.01 kW" });
  }
  if (dice.strikes("extra", request)) {
    const asked = new Set(rows.map((row) => row.sn));
    const others = [...fleet.keys()].filter((sn) => !asked.has(sn));
    const sn = others[Math.floor(dice.pick("extra", request) * others.length)] ?? "SN-X";
    spoilt.push({
      sn,
      power: "1.00 kW",
      status: "Online",
      last_updated: rows[0]?.last_updated ?? "1970-01-01T00:00:00.000Z",
    });
  }
  return spoilt;
}
