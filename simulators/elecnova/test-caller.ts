import { createHmac } from "node:crypto";
import { request } from "node:http";
import type { ElecnovaSimulator } from "./simulator.ts";

/** A client of the simulator for its own tests: it sends exactly what it is told to, right or wrong. */

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined when the text is no JSON. */
  readonly body: unknown;
}

export type Headers = Readonly<Record<string, string | undefined>>;

export interface Login {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
}

export function send(url: string, headers: Headers = {}, method = "GET"): Promise<Answer> {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: Object.fromEntries(given), agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, body: parsed(text) });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The signing headers for a path (no query). */
export function signed(path: string, timestampMs: number, secret = "demo-secret"): Record<string, string> {
  const hex = createHmac("sha256", secret).update(`${path}${timestampMs}`).digest("hex");
  return {
    "x-access-id": "demo-client",
    "x-timestamp": String(timestampMs),
    "x-signature": Buffer.from(hex).toString("base64"),
  };
}

export async function login(simulator: ElecnovaSimulator, nowMs: number): Promise<Login> {
  const { status, body } = await send(`${simulator.url}/comm/client`, signed("/comm/client", nowMs));
  if (status !== 200) throw new Error(`the login was answered with ${status}`);
  return body as Login;
}

/** A business call in the live form. */
export function live(
  simulator: ElecnovaSimulator,
  token: string,
  target: string,
  nowMs: number,
  changed: Headers = {},
  method = "GET",
): Promise<Answer> {
  const [path = ""] = target.split("?");
  const headers = { authorization: token, ...signed(path, nowMs), "x-language-type": "en", ...changed };
  return send(`${simulator.url}${target}`, headers, method);
}

/** A business call in the form of the vendor's document. */
export function documented(
  simulator: ElecnovaSimulator,
  token: string,
  target: string,
  method = "GET",
): Promise<Answer> {
  return send(`${simulator.url}${target}`, { authorization: `Bearer ${token}` }, method);
}
