import { redirect } from "@sveltejs/kit";
import { callApi, type Fetch, throwRefusal } from "./api.ts";

/** What the API says, with the version to send a change with. */
export interface Read<T> {
  readonly body: T;
  readonly etag: string | null;
}

/** Reads from the API for a page that wants somebody signed in: who is not is sent to sign in, and comes back to `url` then. */
export async function readSignedIn<T>(fetch: Fetch, path: string, url: URL): Promise<Read<T>> {
  const answer = await callApi<T>(fetch, path);
  if (answer.ok) return answer;
  if (answer.refusal.status === 401) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
  throwRefusal(answer.refusal);
}
