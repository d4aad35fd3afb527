/** Hands a request to the API inside the same process, as the visitor who made the page request. */
type InProcessApi = (request: Request) => Promise<Response>;

declare global {
  namespace App {
    interface Error {
      /** Seconds after which asking again makes sense; only when the server said so. */
      retryAfterS?: number;
    }
    interface Locals {
      theme: import("#lib/shell/theme.ts").Theme;
      /** `Set-Cookie` headers of API answers, passed to the browser as they are. */
      apiCookies: string[];
    }
  }
}

export type { InProcessApi };
