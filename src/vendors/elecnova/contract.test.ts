import { vendorContract } from "../contract.ts";
import { elecnovaHarness } from "./contract-harness.ts";

vendorContract("Elecnova", elecnovaHarness("live"));
vendorContract("Elecnova as documented", elecnovaHarness("documented"));
