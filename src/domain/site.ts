export interface Site {
  readonly id: string;
  readonly name: string;
  /** IANA name; used only where a calendar matters. */
  readonly timezone: string;
  /** Degrees, WGS 84. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly peakPowerW: number | null;
  readonly createdAtMs: number;
}
