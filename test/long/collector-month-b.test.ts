import { monthSuite } from "./collector/month-suite.ts";

monthSuite([3], [0, 2]);
