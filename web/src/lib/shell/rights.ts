import type { Me } from "../api/types.gen.ts";

/*
 * What a page offers to whom. The API decides again about everything that is done: this keeps links and forms away from people whom it would
 * refuse.
 */

/** Whether somebody may make, change and delete sites. */
export function mayChangeSites(me: Me | null): boolean {
  return me?.role === "admin";
}

/** Whether somebody may make, change and delete the devices of a site and their metrics. */
export function mayChangeDevices(me: Me | null, siteId: string): boolean {
  return (
    mayChangeSites(me) || (me?.sites.some((site) => site.siteId === siteId && site.role === "technician") ?? false)
  );
}

/** Whether somebody may look at accounts with vendors. */
export function mayReadConnections(me: Me | null): boolean {
  return me?.role === "admin";
}
