import type { Connection } from "../api/types.gen.ts";

/** What the settings' form holds, as it was written. */
export interface SettingsFields {
  readonly name: string;
  readonly baseUrl: string;
  readonly repair: string;
  readonly history: string;
}

/** What the API is asked to change. */
export type SettingsPatch = Pick<Connection, "name" | "baseUrl" | "laneShares">;

export function settingsOf({ name, baseUrl, laneShares }: SettingsPatch): SettingsFields {
  const percent = (share: number | undefined): string =>
    share === undefined ? "" : String(Math.round(share * 10_000) / 100);
  return { name, baseUrl, repair: percent(laneShares.repair), history: percent(laneShares.history) };
}

/** The change, and the names of the fields that are no percentage: with any, nothing is to be changed. */
export function parseSettings(fields: SettingsFields): { patch: SettingsPatch; wrong: ("repair" | "history")[] } {
  const laneShares: SettingsPatch["laneShares"] = {};
  const wrong: ("repair" | "history")[] = [];
  for (const lane of ["repair", "history"] as const) {
    const text = fields[lane].trim().replace(",", ".");
    if (text === "") continue;
    const percent = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
    if (percent >= 1 && percent <= 100) laneShares[lane] = Math.round(percent * 100) / 10_000;
    else wrong.push(lane);
  }
  return { patch: { name: fields.name.trim(), baseUrl: fields.baseUrl.trim(), laneShares }, wrong };
}
