import type { FaultCatalogue } from "../../../simulators/faults.ts";
import type { SimulatorCounters, SimulatorTimings } from "../../../simulators/strict-server.ts";
import type { Violation } from "../../../simulators/violations.ts";
import type { Row } from "../terminal.ts";

/** A vendor's server that the command line can run. */
export interface SimulatorKind {
  /** The vendor's id. */
  readonly id: string;
  readonly title: string;
  /** Where it listens unless said. */
  readonly port: number;
  /** Whether it has an MQTT broker beside it. */
  readonly broker: boolean;
  catalogue(): Promise<FaultCatalogue>;
  /** Rejects with the system's error when a port cannot be had, and with an Error of one line for faults that cannot be read. */
  start(options: SimulatorOptions): Promise<RunningSimulator>;
}

export interface SimulatorOptions {
  /** 0 lets the system choose, for the broker's too. */
  readonly port: number;
  readonly mqttPort: number;
  readonly host: string;
  readonly seed: number;
  /** As written, such as `storm=0.1,reset=3x`. */
  readonly faults: string;
  readonly onViolation: (violation: Violation) => void;
}

export interface RunningSimulator {
  readonly url: string;
  /** Where it is and how to sign in there, for a person. */
  readonly words: readonly string[];
  /** The same for a program. */
  readonly facts: Readonly<Record<string, string>>;
  readonly counters: Readonly<SimulatorCounters>;
  readonly timings: Readonly<SimulatorTimings>;
  readonly violations: { readonly count: number };
  /** What else is worth telling at the end. */
  readonly sums?: () => { readonly rows: readonly Row[]; readonly facts: Readonly<Record<string, unknown>> };
  close(): Promise<void>;
}
