import {
  VendorAuthRejected,
  type VendorError,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "../../transport/errors.ts";

/*
 * Errors of the broker's connection. Nothing of what the MQTT library says is passed on but codes: its errors may hold its options,
 * and those hold the password.
 */

/** Reasons of a refused connection, MQTT 3.1.1 (table 3.1) and 5.0 (table 3-1). */
const UNAUTHORISED_CODES: readonly number[] = [4, 5, 134, 135];
const REFUSED_CODES: readonly number[] = [1, 2, 132, 133];
const CERTIFICATE_CODE = /^(ERR_TLS_|CERT_)|SELF_SIGNED|UNABLE_TO_|_CERT_|_CERT$/;

export function brokerFailure(error: unknown, attempts: number): VendorError {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  const facts = { status: null, attempts, requestId: null, body: null };
  if (typeof code === "number") {
    if (UNAUTHORISED_CODES.includes(code)) {
      return new VendorAuthRejected(`Elecnova's broker refused the credentials (MQTT ${code}).`, facts);
    }
    if (REFUSED_CODES.includes(code)) {
      const message = `Elecnova's broker refused the connection (MQTT ${code}).`;
      return new VendorRefused(message, facts, String(code), null);
    }
    return new VendorUnavailable(`Elecnova's broker is not available (MQTT ${code}).`, facts);
  }
  if (typeof code === "string") {
    const why = CERTIFICATE_CODE.test(code) ? "its certificate is not accepted" : "no connection";
    return new VendorUnavailable(`Elecnova's broker cannot be reached: ${why} (${code}).`, facts);
  }
  return new VendorUnavailable("The connection to Elecnova's broker was cut.", facts);
}

export function brokerTimeout(timeoutMs: number, attempts: number): VendorTimeout {
  const facts = { status: null, attempts, requestId: null, body: null };
  return new VendorTimeout(`Elecnova's broker gave no answer within ${timeoutMs / 1000} s.`, facts);
}

export function noTopics(attempts: number, detail: string): VendorRefused {
  const facts = { status: null, attempts, requestId: null, body: null };
  return new VendorRefused(`Elecnova's broker brings nothing: ${detail}.`, facts, null, detail);
}
