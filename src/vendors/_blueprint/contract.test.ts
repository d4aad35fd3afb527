import { vendorContract } from "../contract.ts";
import { blueprintHarness } from "./contract-harness.ts";

vendorContract("Blueprint", blueprintHarness);
