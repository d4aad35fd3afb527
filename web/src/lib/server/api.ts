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

/** What the API said. `etag` is what a change of the same object has to be sent with. */
export type Answer<T> =
  | { readonly ok: true; readonly body: T; readonly etag: string | null }
  | { readonly ok: false; readonly refusal: Refusal };

/** Longest wait that is told to a visitor, s. */
const RETRY_AFTER_MAX_S = 60;

/** What a call of the API changes. `ifMatch` is the `ETag` of what was shown before it was changed. */
export interface Change {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: object;
  readonly ifMatch?: string;
}

/** Asks the API and hands back what it said; with `body`, posts it. Throws only when there is no answer at all. */
export function callApi<T>(fetch: Fetch, path: string, body?: object): Promise<Answer<T>> {
  return body === undefined ? answerOf<T>(fetch(path)) : changeApi<T>(fetch, path, { method: "POST", body });
}

/** Changes something through the API. Throws only when there is no answer at all. */
export function changeApi<T>(fetch: Fetch, path: string, { method, body, ifMatch }: Change): Promise<Answer<T>> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (ifMatch !== undefined) headers["if-match"] = ifMatch;
  return answerOf<T>(fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }));
}

async function answerOf<T>(asked: Promise<Response>): Promise<Answer<T>> {
  const response = await asked;
  if (response.ok) {
    const body = (response.status === 204 ? undefined : await response.json()) as T;
    return { ok: true, body, etag: response.headers.get("etag") };
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
