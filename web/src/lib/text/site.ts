import type { Outcome } from "#lib/site/asked-days.ts";
import type { Period } from "#lib/site/periods.ts";
import type { PowerGroup } from "#lib/site/power-groups.ts";

/** What the pages of sites say. */
export const siteText = {
  label: "Where you are",
  fleet: "Fleet",
  sites: "Sites",

  groups: {
    pv: "PV",
    wind: "Wind",
    battery: "Battery",
    meter: "Meters",
    other: "Other",
  } satisfies Record<PowerGroup, string>,
  batteryNow: { charging: "charging", discharging: "discharging" },

  list: {
    title: "Sites",
    add: "Add a site",
    columns: {
      name: "Site",
      power: "Power now",
      ofRated: "Of rated",
      today: "Generated today",
      devices: "Devices",
      timezone: "Timezone",
    },
    covered: (share: string) => `${share} covered`,
    none: "no devices yet",
    online: (online: number, total: number) => `${online} of ${total} online`,
    emptyTitle: "No sites yet",
    emptyForAdmin: "A site is a place with devices. Add one, or connect a vendor, which brings its devices along.",
    empty: "You see a site here as soon as an administrator makes you its technician or viewer.",
    next: "Next sites",
    first: "Back to the first",
  },

  page: {
    edit: "Edit site",
    addDevice: "Add a device",
    localTime: (time: string, zone: string) => `${time} there (${zone})`,
    peak: (power: string) => `${power} peak`,
    now: "Power now",
    fresh: (fresh: number, total: number) => {
      if (total === 1) return fresh === 1 ? "current reading" : "no current reading";
      return fresh === total ? `all ${total} devices current` : `${fresh} of ${total} devices current`;
    },
    devices: "Devices",
    openEvents: "Findings that go on",
    noPower: "No device here reports power yet.",
    noDevicesTitle: "No devices yet",
    noDevicesForTechnician: "Add the first device, then push its readings or let a connection collect them.",
    noDevices: "A technician of this site can add the first one.",
    onlyFirst: (count: number) => `This site is large: sums and lists are of its first ${count} devices.`,
  },

  power: {
    title: "Power today",
    summary: (groups: string, highest: string) => `Areas of power, stacked: ${groups}. Highest: ${highest}.`,
    explain: (zone: string) =>
      `Local time (${zone}), five minutes a point. Above zero is fed; below zero is drawn, as by a battery that charges. Where nothing is known the area is left open.`,
    covered: (share: string) => `Readings cover ${share} of the day so far.`,
    none: "No readings of power today.",
    asTable: "Means by the hour as a table",
    hour: "Hour",
    now: "now",
  },

  energy: {
    title: "Energy",
    label: "Energy by",
    period: { day: "Days", month: "Months", year: "Years" } satisfies Record<Period, string>,
    column: { day: "Day", month: "Month", year: "Year" } satisfies Record<Period, string>,
    coverage: "Covered",
    soFar: "so far",
    explain: (zone: string) =>
      `Calendar of ${zone}. Computed from power: the area under each device's readings. Where two readings are more than an hour apart nothing is counted, and that time is not covered.`,
    current: (period: string, energies: string, coverage: string) =>
      `${period} so far: ${energies}; ${coverage} covered.`,
    bar: (period: string, energies: string, coverage: string) => `${period}: ${energies}; ${coverage} covered`,
    of: (group: string, energy: string) => `${group} ${energy}`,
    summary: (period: string) => `Bars of energy by ${period}; the table below says the same.`,
    asTable: "The same as a table",
    none: "No readings of power in this time.",
  },

  devices: {
    title: "Devices",
    explain: "What needs a look comes first.",
    columns: { name: "Device", kind: "Kind", ofRated: "Of rated", power: "Power", status: "Status", age: "Reading" },
    findings: (count: number) => (count === 1 ? "1 finding" : `${count} findings`),
    next: "Next devices",
    previous: "Devices before",
    shown: (first: number, last: number, total: number) => `${first} to ${last} of ${total}`,
    one: "1 device",
  },

  latest: {
    title: "Latest values",
    table: "Table of the latest values",
    show: (count: number) => (count === 1 ? "Show 1 value" : `Show ${count} values`),
    columns: { device: "Device", value: "Value", reading: "Reading", age: "Age", quality: "Quality" },
  },

  coverage: {
    title: "What was asked, and what came",
    explain: "Of the last 7 days, the share of time for which each value was asked of the vendor and delivered.",
    pushed: "These devices push by themselves. Nobody asks for their values, so nobody knows what should have come.",
    day: "Day",
    share: "Delivered",
    missing: "Missing",
    outcomes: {
      data: "delivered",
      nothing: "the vendor has none",
      refused: "refused",
      failed: "failed",
      unasked: "not asked",
    } satisfies Record<Outcome, string>,
    whole: "nothing",
    more: "Look closer",
  },

  form: {
    newTitle: "Add a site",
    editTitle: (name: string) => `Edit ${name}`,
    name: "Name",
    timezone: "Timezone",
    timezoneHint: "Where the site lies, such as Europe/Madrid. Its days, months and years go by it.",
    latitude: "Latitude",
    longitude: "Longitude",
    placeHint: "Degrees, such as 37.39 and −5.98. With them, the night explains why an inverter is silent.",
    peakPower: "Peak power, kW",
    create: "Add the site",
    save: "Save",
    cancel: "Cancel",
    delete: "Delete this site",
    notANumber: "This is no number.",
    required: "Please fill this in.",
    changedMeanwhile:
      "Somebody else has changed this meanwhile. Below each field stands what it is now; saving again keeps what you wrote.",
    nowIs: (value: string) => `Now: ${value}`,
    nowEmpty: "Now: empty",
    notYours: "Only administrators make, change and delete sites.",
  },

  remove: {
    title: (name: string) => `Delete ${name}?`,
    submit: "Delete the site",
    cancel: "Keep it",
    empty: "It has no devices. Its name, its place and its members' roles are lost.",
    devices: (count: number) => (count === 1 ? "Its one device goes with it:" : `Its ${count} devices go with it:`),
    andMore: (count: number) => `and ${count} more`,
    lost: "They disappear from every page, and their metrics from every subscription. Members lose their roles on the site.",
    kept: "Readings stay on the disk until retention ends, but no page shows them.",
    connections: "Connections stay, and collect nothing more for these devices.",
    confirm: "Type the site's name to confirm",
    notTheName: "This is not the site's name.",
  },
};
