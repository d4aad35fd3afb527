/** How long a test's read waits for the engine, ms: a busy machine's takes longer than any reader should be kept waiting. */
export const PATIENT_READ_MS = 60_000;
