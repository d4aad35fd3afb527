import { lifecycleDeaths } from "./contract-deaths.ts";

lifecycleDeaths({ stride: 6, timeoutMs: 60_000 });
