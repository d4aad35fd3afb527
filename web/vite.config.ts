import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";

/** The one inline style that SvelteKit itself writes (its screen-reader announcer), allowed by hash instead of opening inline styles. */
const ANNOUNCER_STYLE = "sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo=";

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter({ out: "build", precompress: true }),
      compilerOptions: { runes: true },
      csp: {
        mode: "nonce",
        directives: {
          "default-src": ["none"],
          "script-src": ["self"],
          "style-src": ["self"],
          "style-src-attr": ["unsafe-hashes", ANNOUNCER_STYLE],
          "img-src": ["self", "data:"],
          "connect-src": ["self"],
          "form-action": ["self"],
          "base-uri": ["none"],
          "frame-ancestors": ["none"],
        },
      },
      // Behind Fastify the scheme that SvelteKit assumes may differ from the browser's, so its comparison of origins cannot
      // be used; src/lib/server/cross-site.ts makes the check without needing the scheme.
      csrf: { trustedOrigins: ["*"] },
      // Asked again on focus and with every answer anyway.
      version: { pollInterval: 0 },
    }),
  ],
  build: {
    // light-dark() and nested rules are kept as written.
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
  },
});
