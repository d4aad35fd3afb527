import { monthSuite } from "./collector/month-suite.ts";

monthSuite([1, 2, 3], [1, 2]);
