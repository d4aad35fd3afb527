import { powerPHarness } from "../../src/vendors/powerp/contract-harness.ts";
import { thirtyDaysSuite } from "./thirty-days-suite.ts";

thirtyDaysSuite(powerPHarness);
