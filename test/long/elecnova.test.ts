import { elecnovaHarness } from "../../src/vendors/elecnova/contract-harness.ts";
import { thirtyDaysSuite } from "./thirty-days-suite.ts";

thirtyDaysSuite(elecnovaHarness("live"));
