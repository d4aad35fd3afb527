import type { Operation } from "./operation.ts";

/** One line of a table of signals: what it is called and how it behaves. */
export interface Behaviour {
  readonly name: string;
  /** As the vendor writes it; null where nobody ever entered one. */
  readonly unitSymbol: string | null;
  readonly periodMs: number;
  readonly min: number;
  readonly max: number;
  /** Half-width of the noise, in the signal's unit. */
  readonly noise: number;
  readonly level: (now: Operation) => number;
  /** A signal of a machine at rest has no noise. */
  readonly restsWithMachine: boolean;
  /** Words for 0 and 1 of a bool signal; null for a number. */
  readonly words: readonly [string, string] | null;
}

type Line = readonly [name: string, unit: string | null, periodMs: number, min: number, max: number, noise: number];

function measured(...line: [...Line, level: Behaviour["level"]]): Behaviour {
  const [name, unitSymbol, periodMs, min, max, noise, level] = line;
  return { name, unitSymbol, periodMs, min, max, noise, level, restsWithMachine: false, words: null };
}

function ofMachine(...line: [...Line, level: Behaviour["level"]]): Behaviour {
  return { ...measured(...line), restsWithMachine: true };
}

function state(name: string, words: readonly [string, string], isOn: (now: Operation) => boolean): Behaviour {
  return { ...measured(name, "", 1_000, 0, 1, 0, (now) => Number(isOn(now))), words };
}

const phases = ["l1", "l2", "l3"] as const;

/** 45 signals of each hydro unit: 25 MW, 32 m, 90 m³/s, 125 rpm, 10.5 kV. */
export const HYDRO_UNIT: readonly Behaviour[] = [
  ofMachine("active_power", "MW", 200, -1, 28, 0.05, (now) => 25 * now.load),
  ofMachine("reactive_power", "Mvar", 200, -15, 15, 0.04, (now) => 6 * now.load * (now.inflow - 0.3)),
  ofMachine("apparent_power", "MVA", 250, 0, 32, 0.05, (now) => 25.6 * now.load),
  ofMachine("power_factor", "", 500, -1, 1, 0.002, (now) => 0.976 * now.speed),
  ofMachine("frequency", "Hz", 200, 0, 55, 0.004, (now) => now.frequencyHz * now.speed),
  ...phases.map((phase) => ofMachine(`voltage_${phase}`, "kV", 250, 0, 12, 0.01, (now) => 10.5 * now.speed)),
  ...phases.map((phase) => ofMachine(`current_${phase}`, "A", 250, 0, 2_000, 4, (now) => 1_410 * now.load)),
  ofMachine("excitation_voltage", "V", 500, 0, 250, 0.6, (now) => (90 + 60 * now.load) * now.speed),
  ofMachine("excitation_current", "A", 500, 0, 900, 2, (now) => (380 + 270 * now.load) * now.speed),
  ofMachine("excitation_share", "p.u.", 1_000, 0, 2, 0.003, (now) => (0.6 + 0.4 * now.load) * now.speed),
  ofMachine("rotational_speed", "rpm", 200, 0, 250, 0.03, (now) => 2.5 * now.frequencyHz * now.speed),
  ofMachine("guide_vane_opening", "%", 200, 0, 100, 0.08, (now) => 92 * now.load),
  ofMachine("runner_blade_angle", "°", 250, -5, 35, 0.03, (now) => -4 + 32 * now.load),
  measured("head", "m", 500, 0, 45, 0.02, (now) => now.headM - 0.8 * now.load),
  ofMachine("discharge", "m³/s", 500, 0, 110, 0.2, (now) => (2_880 * now.load) / now.headM),
  measured("spiral_case_pressure", "bar", 250, 0, 6, 0.01, (now) => (now.headM - 2 * now.load) / 10.2),
  ofMachine("draft_tube_pressure", "bar", 250, -1, 2, 0.02, (now) => 0.3 - 0.6 * now.load),
  measured("governor_oil_pressure", "bar", 250, 0, 80, 0.2, (now) => 62 - 2 * now.load),
  measured("governor_oil_level", "mm", 1_000, 0, 900, 1, (now) => 520 - 30 * now.warmth),
  ofMachine("lube_oil_pressure", "bar", 500, 0, 6, 0.02, (now) => 2.4 * now.speed),
  measured("lube_oil_temperature", "°C", 1_000, 0, 90, 0.05, (now) => 0.5 * now.waterC + 22 + 16 * now.warmth),
  ofMachine("lube_oil_flow", "l/min", 500, 0, 400, 1, (now) => 240 * now.speed),
  ...["upper_guide", "lower_guide", "thrust", "turbine"].map((bearing, place) =>
    measured(
      `${bearing}_bearing_temperature`,
      "°C",
      1_000,
      0,
      110,
      0.05,
      (now) => 0.6 * now.waterC + 24 + (18 + 4 * place) * now.warmth,
    ),
  ),
  ...[1, 2, 3].map((slot) =>
    measured(
      `stator_temperature_${slot}`,
      "°C",
      1_000,
      0,
      155,
      0.08,
      (now) => now.airC + 18 + (48 + slot) * now.warmth,
    ),
  ),
  measured("rotor_temperature", "°C", 1_000, 0, 155, 0.1, (now) => now.airC + 16 + 55 * now.warmth),
  measured("cooling_water_temperature_in", "°C", 1_000, 0, 40, 0.03, (now) => now.waterC),
  measured("cooling_water_temperature_out", "°C", 1_000, 0, 60, 0.04, (now) => now.waterC + 6 * now.warmth),
  ofMachine("cooling_water_flow", "m³/h", 500, 0, 200, 0.5, (now) => 120 * now.speed),
  ...["x", "y"].map((axis) =>
    ofMachine(`vibration_${axis}`, "mm/s", 200, 0, 12, 0.15, (now) => (0.9 + (now.load - 0.8) ** 2) * now.speed),
  ),
  ofMachine("shaft_displacement", "µm", 200, 0, 500, 3, (now) => (90 + 40 * now.load) * now.speed),
  ofMachine("torque", "kNm", 200, 0, 2_400, 4, (now) => 1_910 * now.load),
  ofMachine("efficiency", "%", 1_000, 0, 100, 0.05, (now) => (93 - 14 * (now.load - 0.8) ** 2) * now.speed),
  state("running", ["stopped", "running"], (now) => now.speed > 0.5),
  state("breaker_closed", ["open", "closed"], (now) => now.speed > 0.95),
  state("inlet_valve_open", ["closed", "open"], (now) => now.load > 0.001),
];

/** 40 signals of the hydro plant as a whole. */
export const HYDRO_PLANT: readonly Behaviour[] = [
  measured("active_power", "MW", 200, -5, 220, 0.2, (now) => 200 * now.load),
  measured("reactive_power", "Mvar", 200, -120, 120, 0.2, (now) => 48 * now.load * (now.inflow - 0.3)),
  measured("frequency", "Hz", 200, 45, 55, 0.004, (now) => now.frequencyHz),
  measured("grid_voltage", "kV", 250, 0, 130, 0.05, (now) => 112 + 2 * now.load),
  measured("energy_today_share", "", 1_000, 0, 1, 0.001, (now) => now.warmth),
  measured("headwater_level", "m a.s.l.", 1_000, 400, 440, 0.01, (now) => 401 + now.headM),
  measured("tailwater_level", "m a.s.l.", 1_000, 390, 410, 0.01, (now) => 400 + 1.5 * now.load),
  measured("gross_head", "m", 1_000, 0, 45, 0.01, (now) => now.headM + 1 - 1.5 * now.load),
  measured("discharge", "m³/s", 500, 0, 900, 0.8, (now) => (23_040 * now.load) / now.headM),
  measured("spill_discharge", "m³/s", 1_000, 0, 2_000, 0, (now) => Math.max(0, 900 * (now.inflow - 0.8))),
  measured("inflow", "m³/s", 1_000, 0, 2_500, 2, (now) => 250 + 900 * now.inflow),
  measured("reservoir_volume", "hm³", 1_000, 0, 60, 0.001, (now) => 20 + 25 * now.inflow),
  measured("rain", "mm/h", 1_000, 0, 120, 0, (now) => Math.max(0, 20 * (now.inflow - 0.7))),
  measured("air_temperature", "°C", 1_000, -40, 50, 0.05, (now) => now.airC),
  measured("water_temperature", "°C", 1_000, -1, 35, 0.02, (now) => now.waterC),
  measured("wind_speed", "m/s", 1_000, 0, 60, 0.8, (now) => 3 + 3 * now.inflow),
  measured("air_pressure", "hPa", 1_000, 850, 1_080, 0.05, (now) => 968 - 14 * now.inflow),
  measured("humidity", "%", 1_000, 0, 100, 0.3, (now) => 88 - now.airC),
  measured("trash_rack_difference", "mbar", 1_000, 0, 200, 0.4, (now) => 6 + 28 * now.load),
  ...[1, 2, 3, 4].map((gate) =>
    measured(`gate_${gate}_position`, "%", 1_000, 0, 100, 0, (now) =>
      Math.max(0, 260 * (now.inflow - 0.75 - gate / 40)),
    ),
  ),
  ...[1, 2].flatMap((transformer) => [
    measured(
      `transformer_${transformer}_oil_temperature`,
      "°C",
      1_000,
      -40,
      120,
      0.05,
      (now) => now.airC + 15 + 32 * now.warmth,
    ),
    measured(`transformer_${transformer}_tap`, null, 1_000, 1, 19, 0, (now) => 9 + Math.round(2 * now.inflow)),
    measured(`line_${transformer}_current`, "A", 250, 0, 800, 1.5, (now) => 515 * now.load),
  ]),
  measured("station_consumption", "kW", 500, 0, 900, 2, (now) => 210 + 160 * now.load),
  measured("battery_voltage", "V", 500, 0, 280, 0.05, () => 226),
  measured("compressed_air_pressure", "bar", 500, 0, 12, 0.02, (now) => 7.4 - 0.4 * now.load),
  measured("compressed_air_flow", "Nm3/h", 500, 0, 600, 2, (now) => 120 + 90 * now.load),
  measured("sump_level", "cm", 500, 0, 300, 0.5, (now) => 110 + 40 * now.inflow),
  measured("turbidity", "NTU", 1_000, 0, 1_000, 0.5, (now) => 8 + 60 * now.inflow),
  measured("dissolved_oxygen", "mg/l", 1_000, 0, 20, 0.02, (now) => 13.5 - 0.25 * now.waterC),
  state("sump_pump_running", ["stopped", "running"], (now) => now.inflow > 0.5),
  state("diesel_running", ["stopped", "running"], () => false),
  state("remote_control", ["local", "remote"], () => true),
  state("alarm", ["clear", "raised"], (now) => now.load > 0.95),
];

/** 4 signals of each of four inverters of the solar plant. */
export const SOLAR_INVERTER: readonly Behaviour[] = [
  ofMachine("active_power", "kW", 1_000, 0, 1_100, 1.5, (now) => 1_000 * now.load),
  ofMachine("dc_voltage", "V", 1_000, 0, 1_500, 1, (now) => (1_180 - 90 * now.load) * now.speed),
  ofMachine("dc_current", "A", 1_000, 0, 1_200, 1, (now) => 920 * now.load),
  measured("module_temperature", "°C", 1_000, -40, 110, 0.1, (now) => now.airC + 28 * now.warmth),
];

/** 4 signals of the solar plant as a whole. */
export const SOLAR_PLANT: readonly Behaviour[] = [
  ofMachine("active_power", "MW", 500, 0, 4.5, 0.004, (now) => 4 * now.load),
  ofMachine("irradiance", "W/m²", 1_000, 0, 1_400, 1.5, (now) => 1_000 * now.load),
  measured("air_temperature", "°C", 1_000, -40, 60, 0.05, (now) => now.airC),
  measured("wind_speed", "m/s", 1_000, 0, 60, 0.6, (now) => 3 + 2 * now.inflow),
];
