import type { Device } from "../api/types.gen.ts";
import { kilowattsText, typedNumber, wattsOfKilowatts } from "../format/typed-number.ts";
import { text } from "../text.ts";

/** The fields of a device's form, as they are typed. */
export const DEVICE_FIELDS = ["name", "kind", "serialNumber", "manufacturer", "model", "ratedPowerKw"] as const;
export type DeviceFields = Record<(typeof DEVICE_FIELDS)[number], string>;

export const NO_DEVICE_FIELDS: DeviceFields = {
  name: "",
  kind: "inverter",
  serialNumber: "",
  manufacturer: "",
  model: "",
  ratedPowerKw: "",
};

export interface DeviceBody {
  readonly name: string;
  readonly kind: string;
  readonly serialNumber: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly ratedPowerW: number | null;
}

/** The API's name of a field, and the form's where it differs. */
export const FORM_NAME_OF_DEVICE_FIELD: Readonly<Record<string, string>> = { ratedPowerW: "ratedPowerKw" };

export function deviceFieldsOf(device: Device): DeviceFields {
  return {
    name: device.name,
    kind: device.kind,
    serialNumber: device.serialNumber ?? "",
    manufacturer: device.manufacturer ?? "",
    model: device.model ?? "",
    ratedPowerKw: kilowattsText(device.ratedPowerW),
  };
}

export function readDeviceFields(form: FormData): DeviceFields {
  const fields = { ...NO_DEVICE_FIELDS };
  for (const name of DEVICE_FIELDS) fields[name] = String(form.get(name) ?? "").trim();
  return fields;
}

/**
 * What the API is sent, or what is wrong with which field.
 * @param required the fields that must not be empty
 */
export function deviceBody(
  fields: DeviceFields,
  required: readonly (keyof DeviceFields)[],
): { readonly body: DeviceBody } | { readonly errors: Record<string, string> } {
  const errors: Record<string, string> = {};
  for (const name of required) if (fields[name] === "") errors[name] = text.deviceCare.required;
  const ratedPowerKw = typedNumber(fields.ratedPowerKw);
  if (ratedPowerKw === undefined) errors["ratedPowerKw"] = text.deviceCare.notANumber;
  if (Object.keys(errors).length > 0) return { errors };
  const { name, kind, serialNumber, manufacturer, model } = fields;
  return {
    body: {
      name,
      kind,
      serialNumber: serialNumber || null,
      manufacturer: manufacturer || null,
      model: model || null,
      ratedPowerW: typeof ratedPowerKw === "number" ? wattsOfKilowatts(ratedPowerKw) : null,
    },
  };
}
