import { vendorContract } from "../contract.ts";
import { energyGridHarness } from "./contract-harness.ts";

vendorContract("EnergyGrid", energyGridHarness);
