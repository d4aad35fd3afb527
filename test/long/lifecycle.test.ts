import { lifecycleDeaths } from "../../src/telemetry/lifecycle/contract-deaths.ts";

lifecycleDeaths({ stride: 1, timeoutMs: 600_000 });
