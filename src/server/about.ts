import type { Target } from "../access/access.ts";
import type { SeriesDirectory } from "../catalogue/directory.ts";

type Params = Readonly<Record<string, string | undefined>>;

/** What a route is about, as it declares it: one object of a site, the installation, or whatever of it the asker may read. */
export type About =
  | "installation"
  | "reach"
  | {
      readonly object: string;
      /** The site that the object belongs to; undefined when there is no such object. Found in memory, as fast for either. */
      readonly siteOf: (params: Params, directory: SeriesDirectory) => string | undefined;
    };

/** The site whose id stands in the path as `name`. */
export function aboutSite(name = "id"): About {
  return {
    object: "site",
    siteOf(params, directory) {
      const id = params[name] ?? "";
      return directory.timezoneOf(id) === undefined ? undefined : id;
    },
  };
}

/** The device whose id stands in the path. */
export const ABOUT_DEVICE: About = {
  object: "device",
  siteOf: ({ id }, directory) => directory.device(id ?? "")?.siteId,
};

/** The metric whose id stands in the path. */
export const ABOUT_METRIC: About = {
  object: "metric",
  siteOf: ({ id }, directory) => directory.byMetric(id ?? "")?.siteId,
};

/** What one request is about. */
export function targetOf(about: About, params: Params, directory: SeriesDirectory): Target {
  if (typeof about === "string") return about;
  return { object: about.object, siteId: about.siteOf(params, directory) };
}
