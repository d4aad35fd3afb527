import { expect, test } from "vitest";
import type { Me } from "../api/types.gen.ts";
import { mayChangeDevices, mayChangeSites, mayReadConnections } from "./rights.ts";

const me = (role: Me["role"], sites: Me["sites"]): Me => ({ user: null, role, sites, demo: false });

test.each([
  ["nobody", null, false, false],
  ["an administrator", me("admin", []), true, true],
  ["a technician of this site", me("viewer", [{ siteId: "here", role: "technician" }]), true, false],
  ["a viewer of this site", me("viewer", [{ siteId: "here", role: "viewer" }]), false, false],
  ["a technician of another site", me("viewer", [{ siteId: "there", role: "technician" }]), false, false],
])("%s may change devices here: %s, sites: %s", (_, who, devices, sites) => {
  expect(mayChangeDevices(who, "here")).toBe(devices);
  expect(mayChangeSites(who)).toBe(sites);
  expect(mayReadConnections(who)).toBe(sites);
});
