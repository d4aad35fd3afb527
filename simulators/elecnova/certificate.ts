import { isIP } from "node:net";
import { generate } from "selfsigned";

const DAY_MS = 86_400_000;
const VALID_DAYS = 30;

/** A key and the self-signed certificate of it, both PEM, for `localhost`, `127.0.0.1` and the host given. */
export async function makeCertificate(host: string): Promise<{ readonly key: string; readonly certificate: string }> {
  const addresses = new Set(["127.0.0.1", ...(isIP(host) ? [host] : [])]);
  const names = new Set(["localhost", ...(isIP(host) ? [] : [host])]);
  // TLS judges validity by the machine's own clock, whatever time the simulator is given.
  const nowMs = Date.now();
  const made = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(nowMs - DAY_MS),
    notAfterDate: new Date(nowMs + VALID_DAYS * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...Array.from(names, (value) => ({ type: 2, value }) as const),
          ...Array.from(addresses, (ip) => ({ type: 7, ip }) as const),
        ],
      },
    ],
  });
  return { key: made.private, certificate: made.cert };
}
