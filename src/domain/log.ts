/** What the inner folders need of a logger; pino fits. Never hand it a secret. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Says nothing; for tests and for programs that want silence. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
