import type { Duration } from "#lib/connections/figures.ts";

const INTERVAL_S = "1 s to 86,400 s";

/** What the pages of connections say. The states' own words stand in `text.connections`, which the fleet page shares. */
export const connectionText = {
  title: "Connections",
  label: "Where you are",
  add: "Connect a vendor",
  explain: "Accounts with vendors that are asked for values. What needs a look comes first.",
  noneTitle: "No vendor is connected yet",
  none: "Connect an account: it is tested first, and you see what asking it takes before anything is saved.",
  more: "Next connections",
  first: "Back to the first",
  vendors: { energygrid: "EnergyGrid", elecnova: "Elecnova", powerp: "PowerP" } as Readonly<Record<string, string>>,
  duration: ({ count, unit }: Duration): string => {
    if (unit === "ms") return `${count} ms`;
    if (unit === "second") return `${count} s`;
    if (unit === "minute") return `${count} min`;
    if (unit === "hour") return `${count} h`;
    return count === "1" ? "1 day" : `${count} days`;
  },
  utc: "Times are UTC.",

  look: {
    noDevices: "It has no devices yet.",
    pickDevices: "Pick devices",
  },

  fact: {
    devices: "Devices",
    freshness: "A value is at most",
    old: (duration: string) => `${duration} old`,
    requests: "Requests",
    failed: "Failed",
    readings: "Readings stored",
    issues: "Odd values",
    missing: "Devices lacking in answers",
    address: "Address",
    vendor: "Vendor",
    since: "Counted since this server began to ask, or since the connection was changed last.",
  },

  tabs: {
    label: "Parts of this connection",
    overview: "Overview",
    imports: "Imports",
    devices: "Devices",
    settings: "Settings",
  },

  state: {
    heading: "State",
    pause: "Pause",
    resume: "Resume",
    pausedHint: "Nothing is asked of the vendor until somebody resumes it.",
    refusedHint: "Give it a credential that the vendor takes; asking goes on at once.",
  },

  test: {
    submit: "Test now",
    running: "Testing…",
    ok: "The vendor answers",
    failed: (reason: string) => `The test failed: ${reason}`,
    reasons: {
      clock: "the clocks are too far apart",
      signature: "the vendor does not take the signature",
      credential: "the vendor does not take the credential",
      permission: "this account may not read that",
      quota: "there is no room in the vendor's limit",
      network: "the vendor cannot be reached",
      address: "there is no such address at the vendor",
      protocol: "the answer is not what the vendor's document says",
    } as Readonly<Record<string, string>>,
    sent: (count: string) => (count === "1" ? "The test took 1 request." : `The test took ${count} requests.`),
    clock: (seconds: string) => `The vendor's clock is ${seconds} s ahead of this server's; that is allowed for.`,
  },

  budget: {
    heading: "Use of the vendor's limit",
    range: { "24h": "24 hours", "7d": "7 days" },
    rangeLabel: "How far back",
    lanes: { live: "Values of now", repair: "Closing gaps", history: "Imports" },
    refusals: "Refusals",
    total: "Requests",
    hour: "Hour (UTC)",
    none: "Nothing was asked in this time.",
    limit: (requests: string, duration: string) =>
      `${requests === "1" ? "1 request" : `${requests} requests`} in ${duration}`,
    limits: (limits: string) => `The vendor allows ${limits}.`,
    busiest: (share: string) => `The busiest hour used ${share} of what it allows in an hour.`,
    refused: (count: string) =>
      count === "1"
        ? "The vendor refused 1 request as too early."
        : `The vendor refused ${count} requests as too early.`,
    noneRefused: "The vendor refused none as too early.",
    others: (count: string) => `${count} of them were made by other connections with the same account.`,
    elsewhere: "Another server asks this vendor at the moment.",
    perHour: (count: string) => `${count} an hour`,
    summary: (total: string, range: string) => `Requests by the hour and their purpose, ${range}: ${total} in all.`,
    asTable: "The same as a table",
    bar: (hour: string, live: string, repair: string, history: string) =>
      `${hour}: ${live} for values of now, ${repair} for gaps, ${history} for imports`,
  },

  schedule: {
    heading: "What comes next",
    present: "Now",
    changed: (duration: string) => `Every ${duration}`,
    row: "Figure",
    every: "Each device is asked every",
    freshness: "A value grows at most so old",
    sweep: "Requests to ask all of them once",
    sweepTime: "Time that takes",
    day: "Requests a day",
    share: (limit: string) => `Share of ${limit}`,
    atLimit: "The vendor's limit decides how often, and not the interval.",
    atLimitMark: "at the vendor's limit",
    interval: "Ask every (seconds)",
    intervalHint: `What another interval would do is shown before anything is changed; ${INTERVAL_S}.`,
    show: "Show what it does",
    save: (duration: string) => `Ask every ${duration} from now on`,
    back: "Leave it as it is",
    wrong: `A whole number of seconds, ${INTERVAL_S}.`,
    noDevices: "Without devices nothing is asked. Pick some first.",
  },

  imports: {
    heading: "Imports of history",
    explain:
      "What the vendor keeps of the past, newest first, beside the values of now, which always go first. Gaps of the last 30 days need no import: they are found and closed by themselves.",
    noPast: (vendor: string) => `${vendor} keeps no past that can be asked for: there is nothing to import.`,
    start: "Start an import",
    from: "From",
    to: "Up to and with",
    show: "Show what it costs",
    cost: (requests: string, duration: string) =>
      `${requests} requests at most; about ${duration} beside the values of now.`,
    costEndless: (requests: string) =>
      `${requests} requests at most; the values of now leave no room for them. Ask less often first.`,
    otherDays: "See first what these days cost.",
    costNote: "What is held already is not asked for again.",
    later: (date: string) => `The vendor keeps nothing before ${date}.`,
    submit: "Import it",
    wrongDates: "A day that is not after the other, such as 2026-06-01.",
    noneTitle: "No import yet",
    none: "Choose the days above: what they cost is shown first.",
    range: (from: string, to: string) => `${from} to ${to}`,
    allDevices: "all devices",
    devices: (count: string) => (count === "1" ? "1 device" : `${count} devices`),
    state: { running: "running", paused: "paused", done: "done", cancelled: "cancelled", failed: "failed" },
    progress: (made: string, all: string) => `${made} of about ${all} requests`,
    made: (made: string) => (made === "1" ? "1 request" : `${made} requests`),
    readings: (count: string) => (count === "1" ? "1 reading" : `${count} readings`),
    left: (duration: string) => `about ${duration} left`,
    pause: "Pause",
    resume: "Go on",
    cancel: "Cancel",
    of: (deed: string, range: string) => `${deed} the import of ${range}`,
    share: "Done so far",
  },

  devices: {
    heading: "What the vendor lists",
    read: "Read the list now",
    reading: "Reading…",
    readAt: (age: string) => `Read ${age}.`,
    never: "The vendor's list was not read yet.",
    neverTitle: "Nothing is known of what the vendor has",
    neverHint: "Read the list: it says what is new, renamed and gone. Nothing is collected before you have picked it.",
    states: { new: "New", renamed: "Renamed", gone: "Gone", known: "Known" },
    all: "All",
    stateLabel: "Which of them",
    count: (word: string, count: string) => `${word} ${count}`,
    columns: {
      pick: "Pick",
      name: "Device",
      serial: "Serial number",
      site: "At the vendor",
      state: "State",
      brings: "Brings",
    },
    formerly: (name: string) => `formerly ${name}`,
    collected: "collected",
    nothing: "nothing that can be polled",
    site: "Site",
    submit: "Collect what is picked",
    pickOne: "Pick at least one device.",
    noneTitle: "Nothing here",
    none: "No device of the list is in this state.",
    noSites: "There is no site yet. Make one first: devices stand on a site.",
    next: "Next devices",
    byHand: "Name devices by their serial numbers",
    serials: "Serial numbers",
    serialsHint: "One a line, or with commas or blanks between them.",
    addThem: "Collect them",
    pick: (name: string) => `Pick ${name}`,
    listLabel: "Devices that the vendor lists",
  },

  settings: {
    heading: "Name, address and shares",
    name: "Name",
    address: "Address of the vendor",
    repair: "Most that closing gaps may use of the limit, %",
    history: "Most that imports may use of the limit, %",
    shareHint: "1 to 100; empty for no bound. Values of now go first in any case.",
    shareWrong: "A number from 1 to 100, or nothing.",
    save: "Save",
    credential: "Credential",
    credentialExplain:
      "It is sealed, and shown to nobody. A new one is tested before it takes the place of the former.",
    rotate: "Give it a new credential",
    removeHeading: "Remove",
    removeExplain: "Removing it ends the asking. You see first what is lost and what stays.",
    remove: "Remove this connection…",
    meanwhile: "Somebody changed it meanwhile. Here is how it is now: look again, and save.",
  },

  credential: {
    title: "New credential",
    explain: (name: string) => `For ${name}. The former one stays until the new one is stored.`,
    fields: { token: "Token", clientId: "Client id", clientSecret: "Client secret" } as Readonly<
      Record<string, string>
    >,
    untested: "Store it without a test",
    untestedHint: "For a vendor that cannot be reached at the moment.",
    submit: "Test it and store it",
    running: "Testing…",
    cancel: "Cancel",
  },

  remove: {
    title: (name: string) => `Remove ${name}?`,
    lost: "The credential, the schedule and all imports of this connection are deleted, and the vendor is asked no more.",
    running: "An import that is running ends; what it has brought stays.",
    fate: (count: string) => (count === "1" ? "Its device" : `Its ${count} devices`),
    keep: "stay on their sites with all their readings, and get no new values",
    delete: "are deleted as well; they leave every page and chart",
    none: "It has no devices.",
    submit: "Remove it",
    cancel: "Keep it",
  },
};
