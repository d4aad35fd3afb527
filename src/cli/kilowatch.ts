import { addAudit } from "./audit.ts";
import { addBackfill } from "./backfill/backfill.ts";
import { addApiKeys } from "./catalogue/api-keys.ts";
import { addConnect } from "./catalogue/connect.ts";
import { addConnections } from "./catalogue/connections.ts";
import { addDevices } from "./catalogue/devices.ts";
import { addEvents } from "./catalogue/events.ts";
import { addGaps } from "./catalogue/gaps.ts";
import { addSites } from "./catalogue/sites.ts";
import { addUsers } from "./catalogue/users.ts";
import { addDemo } from "./demo.ts";
import { addExport } from "./export/export.ts";
import { addFetch } from "./fetch.ts";
import { addImport } from "./import/import.ts";
import { addPlan } from "./plan.ts";
import { createProgram, run } from "./program.ts";
import { addQuery } from "./query/query.ts";
import { addSecretKey } from "./secret-key.ts";
import { addServe } from "./serve.ts";
import { addSimulate } from "./simulate.ts";

const program = createProgram();
addDemo(program);
addServe(program);
addFetch(program);
addPlan(program);
addSimulate(program);
addQuery(program);
addExport(program);
addImport(program);
addConnect(program);
addConnections(program);
addGaps(program);
addBackfill(program);
addSites(program);
addDevices(program);
addEvents(program);
addUsers(program);
addApiKeys(program);
addAudit(program);
addSecretKey(program);

// A reader that has seen enough, such as head, closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

await run(program, process.argv);
