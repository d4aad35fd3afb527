import { accessMatrixSuite } from "./access-matrix-suite.ts";

accessMatrixSuite("the access matrix");
