/**
 * Writes docs/openapi.json from the route declarations, and the pages' API types from it. Run after a change of a route:
 * `npm run openapi`; a test fails when it was forgotten.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createClient } from "@hey-api/openapi-ts";
import { startApiServer } from "../test/api/api-server.ts";

const DOCUMENT = fileURLToPath(new URL("../docs/openapi.json", import.meta.url));
const TYPES_FOLDER = fileURLToPath(new URL("../web/src/lib/api", import.meta.url));

const server = await startApiServer();
const document = `${JSON.stringify(server.app.swagger(), null, 2)}\n`;
await server.close();
writeFileSync(DOCUMENT, document);

await createClient({
  input: DOCUMENT,
  output: { path: TYPES_FOLDER, clean: false, indexFile: false },
  plugins: ["@hey-api/typescript"],
  logs: { level: "error" },
});
