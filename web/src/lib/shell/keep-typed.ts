import type { SubmitFunction } from "$app/forms";

/** For `use:enhance`: what was typed stays when a form is refused, and what has changed meanwhile is loaded, to be shown beside it. */
export const keepTyped: SubmitFunction =
  () =>
  ({ update }) =>
    update({ reset: false, refreshAll: true });
