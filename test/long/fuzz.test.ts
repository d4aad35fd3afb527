import { fuzzSuite } from "../api/fuzz-suite.ts";

fuzzSuite([Number(process.env["KILOWATCH_FUZZ_SEED"] ?? 20_000)], 20_000);
