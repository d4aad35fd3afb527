import { fail, redirect } from "@sveltejs/kit";
import { changesOf, METRIC_KINDS, policyOf, policyText } from "#lib/admin/retention.ts";
import type { Retention } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { FormFields } from "#lib/server/form-fields.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch }) => {
  const { policy } = await readApi<Retention>(fetch, "/api/v1/retention");
  return { kinds: METRIC_KINDS, days: policyText(policy) };
};

export const actions: Actions = {
  /** Changes nothing yet: what it would do stands on a page of its own. */
  default: async ({ request, fetch }) => {
    const form = await FormFields.of(request);
    const { policy, faults } = policyOf((name) => form.text(name));
    const days = Object.fromEntries(Object.keys(policyText(policy)).map((name) => [name, form.text(name)]));
    if (Object.keys(faults).length > 0) return fail(422, { days, errors: { message: null, fields: faults } });
    const before = await readApi<Retention>(fetch, "/api/v1/retention");
    if (changesOf(before.policy, policy).length === 0) {
      return fail(422, { days, errors: { message: text.admin.retention.unchanged, fields: {} } });
    }
    redirect(303, `/admin/storage/retention/confirm?${new URLSearchParams(policyText(policy))}`);
  },
};
