import { expect, test } from "vitest";
import { readSiteFields, siteBody, siteFieldsOf } from "./site-fields.ts";

const site = { name: "Roof", timezone: "Europe/Madrid", latitude: 37.39, longitude: -5.98, peakPowerW: 5_100 };

test("a form says what the site is, and back", () => {
  const form = new FormData();
  for (const [name, value] of Object.entries(siteFieldsOf(site))) form.set(name, value);
  expect(siteBody(readSiteFields(form))).toEqual({ body: site });
});

test("empty fields are unknown, and each wrong one is named", () => {
  const empty = { ...siteFieldsOf(site), latitude: "", longitude: "", peakPowerKw: "" };
  expect(siteBody(empty)).toEqual({ body: { ...site, latitude: null, longitude: null, peakPowerW: null } });
  const wrong = siteBody({ name: "", timezone: "UTC", latitude: "north", longitude: "", peakPowerKw: "5 kW" });
  expect("errors" in wrong && Object.keys(wrong.errors).sort()).toEqual(["latitude", "name", "peakPowerKw"]);
  expect(siteBody(readSiteFields(new FormData()))).toHaveProperty("errors.timezone");
});
