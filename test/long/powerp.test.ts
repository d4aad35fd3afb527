import { powerPHarness } from "../../src/vendors/powerp/contract-harness.ts";
import { thirtyDaysSuite } from "./thirty-days-suite.ts";

/** As many as a burst asks for: the list of them is asked for every hour. */
const SIGNALS = 600;

thirtyDaysSuite(powerPHarness(SIGNALS));
