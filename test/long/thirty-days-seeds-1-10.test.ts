import { thirtyDaysSuite } from "./thirty-days-suite.ts";

thirtyDaysSuite(Array.from({ length: 10 }, (_, index) => index + 1));
