import { monthSuite } from "./collector/month-suite.ts";

monthSuite([1, 2], [1, 2]);
