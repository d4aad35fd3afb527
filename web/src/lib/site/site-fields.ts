import type { Site } from "../api/types.gen.ts";
import { kilowattsText, typedNumber, wattsOfKilowatts } from "../format/typed-number.ts";
import { text } from "../text.ts";

/** The fields of a site's form, as they are typed. */
export const SITE_FIELDS = ["name", "timezone", "latitude", "longitude", "peakPowerKw"] as const;
export type SiteFields = Record<(typeof SITE_FIELDS)[number], string>;

export const NO_SITE_FIELDS: SiteFields = { name: "", timezone: "", latitude: "", longitude: "", peakPowerKw: "" };

export type SiteBody = Pick<Site, "name" | "timezone" | "latitude" | "longitude" | "peakPowerW">;

export function siteFieldsOf({ name, timezone, latitude, longitude, peakPowerW }: SiteBody): SiteFields {
  return {
    name,
    timezone,
    latitude: latitude === null ? "" : String(latitude),
    longitude: longitude === null ? "" : String(longitude),
    peakPowerKw: kilowattsText(peakPowerW),
  };
}

export function readSiteFields(form: FormData): SiteFields {
  const fields = { ...NO_SITE_FIELDS };
  for (const name of SITE_FIELDS) fields[name] = String(form.get(name) ?? "").trim();
  return fields;
}

/** What the API is sent, or what is wrong with which field. What a field may say beyond being a number is the API's to judge. */
export function siteBody(
  fields: SiteFields,
): { readonly body: SiteBody } | { readonly errors: Record<string, string> } {
  const errors: Record<string, string> = {};
  const number = (name: keyof SiteFields): number | null => {
    const value = typedNumber(fields[name]);
    if (value === undefined) errors[name] = text.site.form.notANumber;
    return value ?? null;
  };
  for (const name of ["name", "timezone"] as const) if (fields[name] === "") errors[name] = text.site.form.required;
  const { name, timezone } = fields;
  const [latitude, longitude, peakPowerKw] = [number("latitude"), number("longitude"), number("peakPowerKw")];
  if (Object.keys(errors).length > 0) return { errors };
  const peakPowerW = peakPowerKw === null ? null : wattsOfKilowatts(peakPowerKw);
  return { body: { name, timezone, latitude, longitude, peakPowerW } };
}

/** The API's name of a field, and the form's where it differs. */
export const FORM_NAME_OF_SITE_FIELD: Readonly<Record<string, string>> = { peakPowerW: "peakPowerKw" };
