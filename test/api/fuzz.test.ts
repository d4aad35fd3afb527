import { fuzzSuite } from "./fuzz-suite.ts";

// The long suite sends more (`test/long/fuzz.test.ts`). KILOWATCH_FUZZ_SEED sends what another seed makes.
fuzzSuite([Number(process.env["KILOWATCH_FUZZ_SEED"] ?? 1)], 1_000);
