import { error } from "@sveltejs/kit";
import type { Problem } from "#lib/api/types.gen.ts";
import { text } from "#lib/text.ts";

export type Fetch = typeof fetch;

/** An API answer that is not 2xx, in the API's own words. */
export interface Refusal {
  readonly status: number;
  readonly problem: Problem | null;
  readonly retryAfterS: number | null;
}

export type Answer<T> = { readonly ok: true; readonly body: T } | { readonly ok: false; readonly refusal: Refusal };

/** Longest wait that is told to a visitor, s. */
const RETRY_AFTER_MAX_S = 60;

/** Calls the API and hands back what it said; throws only when there is no answer at all. */
export async function callApi<T>(fetch: Fetch, path: string, body?: object): Promise<Answer<T>> {
  const init: RequestInit =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, init);
  if (response.ok) {
    return { ok: true, body: (response.status === 204 ? undefined : await response.json()) as T };
  }
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") ?? false;
  return {
    ok: false,
    refusal: {
      status: response.status,
      problem: isProblem ? ((await response.json()) as Problem) : null,
      retryAfterS: retryAfterS(response.headers.get("retry-after")),
    },
  };
}

/** Reads from the API for a page; any refusal becomes the error page with that status. */
export async function readApi<T>(fetch: Fetch, path: string): Promise<T> {
  const answer = await callApi<T>(fetch, path);
  if (answer.ok) return answer.body;
  throwRefusal(answer.refusal);
}

export function throwRefusal({ status, problem, retryAfterS }: Refusal): never {
  const message = problem?.detail ?? problem?.title ?? text.errors.title(status);
  error(status, message, retryAfterS === null ? {} : { retryAfterS });
}

/** What to show beside a form. Where a field has its own message, it stands beside that field instead. */
export interface FormErrors {
  readonly message: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

export function formErrors({ status, problem }: Refusal): FormErrors {
  const fields: Record<string, string> = {};
  for (const issue of problem?.errors ?? []) {
    // The API names a body field by its path, with or without the part of the request in front.
    const field = issue.path.replace(/^(body)?[./]/, "");
    fields[field] ??= issue.message;
  }
  const message =
    Object.keys(fields).length > 0 ? null : (problem?.detail ?? problem?.title ?? text.errors.title(status));
  return { message, fields };
}

function retryAfterS(header: string | null): number | null {
  if (header === null || !/^\d{1,6}$/.test(header)) return null;
  return Math.min(Math.max(Number(header), 1), RETRY_AFTER_MAX_S);
}
