import { energyGridHarness } from "../../src/vendors/energygrid/contract-harness.ts";
import { thirtyDaysSuite } from "./thirty-days-suite.ts";

thirtyDaysSuite(energyGridHarness);
