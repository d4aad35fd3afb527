import { vendorContract } from "../contract.ts";
import { powerPHarness } from "./contract-harness.ts";

vendorContract("PowerP", powerPHarness());
