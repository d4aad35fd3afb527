import type { GetApiV1SitesBySiteIdDevicesResponse, Site, User } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { idPart } from "#lib/server/lists.ts";
import type { PageServerLoad } from "./$types";

const DEVICES_PER_PAGE = 50;

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const after = url.searchParams.get("after");
  const cursor = after ? `&cursor=${encodeURIComponent(after)}` : "";
  const [userPath, sitePart] = [`/api/v1/users/${idPart(params.id)}`, `sites/${idPart(params.siteId)}`];
  const [person, devices, site] = await Promise.all([
    readApi<User>(fetch, userPath),
    // The refusal that they would get becomes this page's.
    readApi<GetApiV1SitesBySiteIdDevicesResponse>(
      fetch,
      `${userPath}/view/${sitePart}/devices?limit=${DEVICES_PER_PAGE}${cursor}`,
    ),
    readApi<Site>(fetch, `/api/v1/${sitePart}`),
  ]);
  return {
    person: { id: person.id, name: person.name },
    site: { id: site.id, name: site.name },
    devices: devices.items.map(({ id, name, kind, serialNumber, status, metrics }) => ({
      id,
      name,
      kind,
      serialNumber,
      status,
      metrics: metrics.map((metric) => metric.name),
    })),
    nextCursor: devices.nextCursor,
  };
};
