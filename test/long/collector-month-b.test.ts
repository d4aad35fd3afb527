import { monthSuite } from "./collector/month-suite.ts";

monthSuite([4, 5], [0, 2]);
