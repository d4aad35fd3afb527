import { readFile } from "node:fs/promises";
import { StartupError } from "../../domain/errors.ts";
import { MqttListener, type MqttListenerOptions } from "./listener.ts";
import { TOPIC_TEMPLATE_DEFAULT, TopicTemplate } from "./topic.ts";

export interface MqttSetup extends Pick<MqttListenerOptions, "host" | "port"> {
  /** Null for `TOPIC_TEMPLATE_DEFAULT`. */
  readonly topic: string | null;
  readonly tls: { readonly certificatePath: string; readonly keyPath: string } | null;
}

/** Opens the listener that a configuration asks for. @throws StartupError with one line that says what to do */
export async function openMqttListener(
  setup: MqttSetup,
  parts: Pick<MqttListenerOptions, "apiKeys" | "sources" | "clock" | "log">,
): Promise<MqttListener> {
  const topic = TopicTemplate.parse(setup.topic ?? TOPIC_TEMPLATE_DEFAULT);
  if (typeof topic === "string") throw new StartupError(`KILOWATCH_MQTT_TOPIC ${topic}.`);
  const tls = setup.tls && {
    certificate: await pem("KILOWATCH_MQTT_TLS_CERT", setup.tls.certificatePath),
    key: await pem("KILOWATCH_MQTT_TLS_KEY", setup.tls.keyPath),
  };
  try {
    return await MqttListener.open({ ...parts, host: setup.host, port: setup.port, tls, topic });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code.startsWith("ERR_OSSL") || code.startsWith("ERR_TLS")) {
      throw new StartupError(
        `KILOWATCH_MQTT_TLS_CERT and KILOWATCH_MQTT_TLS_KEY cannot be used (${code}): they must be PEM files, a certificate and its own key.`,
        { cause: error },
      );
    }
    if (code === "") throw error;
    throw new StartupError(
      `MQTT cannot listen on ${setup.host}:${setup.port} (${code}): choose another KILOWATCH_MQTT_PORT or KILOWATCH_MQTT_HOST.`,
      { cause: error },
    );
  }
}

async function pem(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new StartupError(`${setting} names a file that cannot be read: ${path} (${code}).`, { cause: error });
  }
}
