import type { Age } from "#lib/format/age.ts";
import { adminText } from "#lib/text/admin.ts";
import { connectionText } from "#lib/text/connection.ts";
import { coverageText } from "#lib/text/coverage.ts";
import { deviceCareText } from "#lib/text/device-care.ts";
import { eventText } from "#lib/text/events.ts";
import { exploreText } from "#lib/text/explore.ts";
import { flashText } from "#lib/text/flash.ts";
import { siteText } from "#lib/text/site.ts";
import { connectText } from "./text/connect.ts";
import { pushText } from "./text/push.ts";
import { startText } from "./text/start.ts";

/**
 * Every word the pages say, in one catalogue, so that a language is one more object of this shape. What a feature says stands in
 * a file of `text/` by its name.
 */
export const text = {
  product: "Kilowatch",
  title: (page: string) => `${page} · Kilowatch`,
  skipToContent: "Skip to the content",

  header: {
    sections: "Sections",
    fleet: "Fleet",
    admin: "Admin",
    sites: "Sites",
    explore: "Explore",
    start: "Get started",
    coverage: "Coverage",
    connections: "Connections",
    signIn: "Sign in",
    signOut: "Sign out",
    demo: "Demo",
    demoHint: "A simulated fleet: the readings are made up, everything else is real.",
    lookingAround: "Looking around as viewer",
    signedInAs: "Signed in as",
    role: { admin: "administrator", viewer: "viewer" },
  },

  theme: {
    label: "Colours",
    apply: "Apply",
    names: { auto: "System", light: "Light", dark: "Dark" },
  },

  flash: flashText,

  age: ({ count, unit }: Age): string => {
    if (unit === "second") return count === 0 ? "just now" : `${count} s ago`;
    if (unit === "minute") return `${count} min ago`;
    if (unit === "hour") return `${count} h ago`;
    return count === 1 ? "1 day ago" : `${count} days ago`;
  },
  stale: "stale",
  noValue: "–",
  noValueYet: "no reading yet",
  noPowerYet: "no power reading",

  live: {
    connecting: "Connecting",
    live: "Live",
    reconnecting: "Reconnecting",
    paused: "As of this page's loading",
    hint: {
      connecting: "Opening the stream of readings.",
      live: "Readings appear as they arrive.",
      reconnecting: "The stream broke off. What you see may be out of date; it is asked for again by itself.",
    },
  },

  status: { online: "Online", offline: "Offline", unknown: "Unknown" },

  site: siteText,
  events: eventText,
  deviceCare: deviceCareText,

  fleet: {
    title: "Fleet",
    powerNow: "Power now",
    fromReporting: (fresh: number, total: number) => `from ${fresh} of ${total} devices with a current reading`,
    ofRated: (share: string, rated: string) => `${share} of ${rated} rated`,
    ratedUnknown: "rated power not known",
    generatedToday: "Generated today",
    generatedCoverage: (share: string) => `since each site's midnight; ${share} of the time covered by readings`,
    generatedUnknown: "being added up, or nothing that generates",
    devices: "Devices",
    sites: "Sites",
    siteCounts: (online: number, total: number) => `${online} of ${total} online`,
    list: "All devices",
    noDevicesTitle: "No devices yet",
    noDevices: "They appear here by themselves as soon as the first connection has answered.",
    noMatchTitle: "Nothing matches",
    noMatch: "No device matches this filter.",
    clearFilter: "Show all devices",
    shown: (shown: number, total: number) => (shown === total ? `${total}` : `${shown} of ${total}`),
    nextPage: "Next devices",
    firstPage: "Back to the first",
    filter: {
      label: "Filter the list",
      text: "Name, serial number or site",
      status: "Status",
      anyStatus: "Any status",
      apply: "Filter",
    },
    columns: {
      name: "Device",
      site: "Site",
      power: "Power",
      ofRated: "Of rated",
      status: "Status",
      age: "Reading",
    },
    sortBy: (column: string) => `Sort by ${column.toLowerCase()}`,
    sortLabel: "Sort by",
  },

  connections: {
    heading: "Connections that need a look",
    state: {
      starting: "is starting",
      standing_by: "is asked by another server",
      running: "is running",
      paused: "is paused",
      backing_off: "does not answer and is tried again by itself",
      refused: "was refused and waits for you",
    },
    lasting: (duration: string) => `for ${duration}`,
  },

  connection: connectionText,
  coverage: coverageText,

  device: {
    powerNow: "Power now",
    readAt: (time: string, zone: string) => `read at ${time} (${zone})`,
    facts: "About this device",
    fact: {
      site: "Site",
      kind: "Kind",
      serialNumber: "Serial number",
      manufacturer: "Manufacturer",
      model: "Model",
      ratedPowerW: "Rated power",
      status: "Status",
      timezone: "Timezone",
      id: "Id",
    },
    metrics: "All values",
    quality: { good: "good", uncertain: "uncertain", bad: "bad" },
    chart: "Over time",
    chartTime: "Time",
    chartMetric: "What to show",
    chartShow: "Show",
    ranges: "How far back",
    range: { today: "Today", "7d": "7 days", "30d": "30 days", year: "Year" },
    point: {
      mean: (length: string) => `Each point is the mean of ${length}.`,
      last: (length: string) => `Each point is the last value of ${length}.`,
    },
    pointLength: { today: "5 minutes", "7d": "30 minutes", "30d": "2 hours", year: "a day" },
    zoneNote: (zone: string) => `Times are the site's own: ${zone}.`,
    coverage: (share: string) =>
      `${share} of the time is covered by readings; what is missing is left open in the line.`,
    noSeries: "No readings in this range.",
    asTable: "The same as a table",
    table: { hour: "Hour", day: "Day", month: "Month", mean: "Mean", max: "Highest", min: "Lowest", count: "Points" },
    chartSummary: (metric: string, range: string, max: string) => `Line of ${metric}, ${range}. Highest: ${max}.`,
    kinds: {
      inverter: "Inverter",
      battery: "Battery",
      pv_array: "PV array",
      wind_turbine: "Wind turbine",
      meter: "Meter",
      ems: "Energy management system",
      bms: "Battery management system",
      pcs: "Power conversion system",
      sensor: "Sensor",
      other: "Other",
    } as Readonly<Record<string, string>>,
    metricNames: {
      active_power: "Active power",
      pv_active_power: "PV power",
      online: "Connected",
      energy_total: "Energy in total",
      state_of_charge: "State of charge",
      voltage: "Voltage",
      current: "Current",
      wind_speed: "Wind speed",
    } as Readonly<Record<string, string>>,
    connected: { yes: "yes", no: "no" },
  },

  explore: exploreText,
  start: startText,
  push: pushText,
  connect: connectText,

  signIn: {
    title: "Sign in",
    email: "E-mail",
    password: "Password",
    submit: "Sign in",
    refused: "This e-mail and password do not belong together.",
    demoHint: "This is a demo: you may also look around without signing in.",
    noAccountHint: "Lost the password? Start the server again: it prints a link that signs in as administrator.",
  },

  link: {
    title: "Sign in as administrator",
    explain: "This link was printed by the server. It works once.",
    submit: "Sign in as administrator",
    missing: "This address holds no code. Open the whole link that the server printed.",
    refused: "This link was used already, or has expired. Start the server again to get a new one.",
  },

  signOutPage: { title: "Sign out", ask: "You are about to sign out of this browser.", submit: "Sign out" },

  welcome: {
    title: "Welcome to Kilowatch",
    explain: "Create the administrator's account. It is the first, and can do everything.",
    name: "Your name",
    email: "E-mail",
    password: "Password",
    passwordHint: (min: number) => `At least ${min} characters. A sentence is fine.`,
    submit: "Create the account",
    missing: "This address holds no code. Open the whole link that the server printed.",
    passwordShort: (min: number) => `At least ${min} characters, please.`,
    required: "Please fill this in.",
    notNeeded: "This Kilowatch has its administrator already.",
  },

  setupNeeded: {
    title: "Almost there",
    explain: "This Kilowatch has no administrator yet. Open the link that the server printed when it started; it holds",
    hint: "No longer on the screen? Start the server again: it prints a new one.",
  },

  admin: adminText,

  errors: {
    title: (status: number): string => {
      if (status === 403) return "This is not yours to see";
      if (status === 404) return "There is nothing here";
      if (status === 429) return "Too many requests";
      if (status === 503) return "Storage is recovering";
      return "Something went wrong";
    },
    advice: (status: number): string => {
      if (status === 403) return "Sign in with an account that may.";
      if (status === 404) return "The address may be mistyped, the thing deleted, or not yours to see.";
      if (status === 429) return "Wait a moment, then try again.";
      if (status === 503)
        return "Nothing is lost: readings that were acknowledged are on disk. This page is asked for again by itself.";
      return "Collecting goes on. Try again; if it stays, the server's log says more.";
    },
    unexpected: "The server could not make this page.",
    crossSite: "This request came from another site and was refused.",
    unreachable: "The server does not answer. Try again.",
    tryAgain: "Try again",
    toFleet: "Back to the fleet",
    retryIn: (seconds: number) => `Tried again in ${seconds} s.`,
  },
};
