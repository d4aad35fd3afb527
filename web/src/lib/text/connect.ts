const DAY_S = 86_400;

/** A stretch of time as people say it. */
function span(seconds: number): string {
  if (seconds < 1) return "under 1 s";
  if (seconds < 120) return seconds === 60 ? "1 min" : `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 10 * 60 && minutes % 60 > 0) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return seconds < 2 * DAY_S ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / DAY_S)} days`;
}

/** A share that is not nothing is never said to be nothing. */
function shareText(share: number): string {
  return share > 0 && share < 0.005 ? "under 1 %" : `${Math.round(share * 100)} %`;
}

const devices = (count: number): string => (count === 1 ? "1 device" : `${count.toLocaleString("en-GB")} devices`);

/** What connecting a vendor says. */
export const connectText = {
  title: "Connect a vendor",
  crumbs: "Where you are",
  stepOf: (step: number, all: number) => `Step ${step} of ${all}`,
  span,
  shareText,

  choose: {
    lead: "Choose whose cloud the devices report to.",
    limit: (requests: number, every: string) => `${requests === 1 ? "1 request" : `${requests} requests`} in ${every}`,
    limits: "Limit",
    lists: "Lists its devices",
    named: "Devices are named by their serial numbers",
    past: "Its past can be imported",
    pastFor: (kept: string) => `The last ${kept} can be imported`,
    noPast: "Keeps no past that can be asked for",
    open: (vendor: string) => `Connect ${vendor}`,
    unfinished: "Begun and not finished",
  },

  account: {
    title: (vendor: string) => `Connect ${vendor}`,
    name: "Name",
    nameHint: "What this account is called here.",
    baseUrl: "Address",
    baseUrlHint: "Where the vendor's API is, beginning with https://.",
    baseUrlKnown: (vendor: string) => `${vendor}'s own. Change it only where you were given another.`,
    credential: "Credential",
    sealed: "It is tested now and then kept sealed. No page shows it again.",
    fields: {
      token: "Token",
      clientId: "Client id",
      clientSecret: "Client secret",
      apiProfile: "Form of its API",
    } as Readonly<Record<string, string>>,
    choices: { live: "As its servers answer today", documented: "As its documents say" } as Readonly<
      Record<string, string>
    >,
    pasteAgain: "Please paste it again: it is not kept in the page.",
    submit: "Test and go on",
    testing: "Asking the vendor…",
    cancel: "Another vendor",
    required: "Please fill this in.",
  },

  failed: {
    title: {
      clock: "The clocks differ",
      signature: "The signature is not accepted",
      credential: "The credential is not accepted",
      permission: "The account may not do this",
      quota: "The vendor's limit is used up",
      network: "The vendor is not reached",
      address: "This is not the vendor's address",
      protocol: "The vendor answers in an unexpected way",
    },
    requests: (count: number) => (count === 1 ? "1 request was sent. " : `${count} requests were sent. `),
    nothingSaved: "Nothing is saved.",
  },

  devices: {
    title: "Choose devices",
    works: (vendor: string) => `${vendor} takes the credential. Nothing is collected yet.`,
    read: (vendor: string) => `Ask ${vendor} what it has`,
    readAgain: "Read the list again",
    reading: "Reading the list…",
    readHint: "Large accounts take a minute: the list is read within the vendor's limit.",
    listedAt: (age: string) => `Read ${age}.`,
    nothing: "The vendor lists no device that is not collected already.",
    farther: "What is listed first is collected already. “kilowatch connections add” takes what comes after it.",
    notCollectable: (count: number) =>
      `${count} more ${count === 1 ? "is" : "are"} listed of which polling brings nothing: parts of other devices, or signals in a unit that is not known.`,
    more: (shown: number) =>
      `Only the first ${shown} are shown. Choose among them; the next appear here after that, and “kilowatch connections add” takes whole ranges.`,
    group: (count: number) => devices(count),
    ungrouped: "Devices",
    ungroupedIn: (timezone: string) => `Devices in ${timezone}`,
    site: "Site",
    newSite: "A new site…",
    siteName: "Name of the new site",
    timezone: "Timezone",
    timezoneHint: "Where its days begin and end, such as Europe/Madrid.",
    onlyForNew: "For a new site only.",
    columns: {
      pick: "Collect",
      name: "Device",
      serialNumber: "Serial number",
      kind: "Kind",
      metrics: "What it brings",
    },
    pick: (name: string) => `Collect ${name}`,
    metric: (name: string, unit: string) => (unit === "1" ? name : `${name} in ${unit === "W.h" ? "Wh" : unit}`),
    all: "All",
    none: "None",
    serials: "Serial numbers",
    serialsHint: "One a line. SN-000..SN-499 stands for all from one to the other.",
    submit: "Go on to the plan",
    add: "Collect these",
    errors: {
      none: "Choose at least one device.",
      noSerials: "Name at least one serial number.",
      range: (line: string) =>
        `“${line}” is no range: both ends need the same letters and a number, the smaller first.`,
      tooMany: (max: number) => `At most ${max.toLocaleString("en-GB")} at once.`,
      name: "Give the new site a name.",
      timezone: "Choose a timezone, such as Europe/Madrid.",
    },
  },

  plan: {
    title: "The plan",
    lead: "What collecting takes of the vendor's limit. Nothing is collected yet.",
    leadRunning: "What collecting takes of the vendor's limit.",
    every: "A new value of each device",
    everyOption: (seconds: number) => `every ${span(seconds)}`,
    past: "Import the past",
    pastOption: (days: number) => (days === 0 ? "Not now" : days === 365 ? "The last year" : `The last ${days} days`),
    noPast: (vendor: string) => `${vendor} keeps no past that can be asked for: readings begin now.`,
    reckon: "Reckon again",
    facts: {
      devices: "Devices",
      requests: "Requests for one value of each",
      everyMs: "From one value to the next",
      freshness: "Oldest that a value gets",
      perDay: "Requests a day",
      share: "Of the vendor's limit",
      history: "The past costs",
      eta: "And takes",
    },
    requests: (count: number) => (count === 1 ? "1 request" : `${Math.round(count).toLocaleString("en-GB")} requests`),
    share: (percent: string, requests: number, per: string) => `${percent} of ${requests} in ${per}`,
    atLimit:
      "The vendor's limit, and not what you chose, decides how often. Fewer devices or another account make it faster.",
    pastClipped: (date: string) => `The vendor keeps nothing from before ${date}.`,
    pastNever: "Values of now use the whole limit: nothing is left for the past. Ask less often.",
    pastRuns: "It runs beside the values of now, which always go first, newest days before older ones.",
    start: "Start collecting",
    save: "Save",
    later: "Later",
    remove: "Remove this connection",
    noDevices: "No device is collected yet.",
    chooseDevices: "Choose devices",
  },

  sample: {
    heading: "A look at the values",
    explain:
      "Asks for one device of each kind, within the vendor's limit, and shows what it says with its unit. Nothing is stored.",
    ask: "Ask for a value",
    asking: "Asking the vendor…",
    columns: { device: "Device", value: "Value", doubt: "Looks right?" },
    none: "The vendor has no value of it at the moment.",
    fine: "Nothing odd",
    doubts: {
      powerAsEnergy: "This is a unit of energy, and the name says power.",
      energyAsPower: "This is a unit of power, and the name says energy.",
      thousandTimesTooMuch: "Very much for one device: are these W taken for kW?",
      thousandTimesTooLittle: "Very little: are these kW taken for W?",
      shareOutOfRange: "A share lies between 0 and 100 %.",
    },
    doubtful: "Some of these look odd. Compare them with the vendor's own page before you start.",
  },

  progress: {
    title: "Under way",
    state: "Connection",
    states: {
      starting: "starting",
      standing_by: "asked by another server",
      running: "running",
      paused: "paused",
      backing_off: "tried again by itself",
      refused: "refused",
    },
    readings: "Readings stored",
    requests: "Requests",
    waiting: "The first answer is on its way.",
    arrived: "The first readings are here.",
    history: "The past",
    job: {
      running: "is being imported",
      paused: "is paused",
      done: "is imported",
      failed: "could not be imported",
      cancelled: "was cancelled",
    } as Readonly<Record<string, string>>,
    span: (from: string, to: string) => `${from} to ${to} (UTC)`,
    soFar: (requests: string, readings: string) => `${requests} requests made, ${readings} readings stored.`,
    left: (requests: string, time: string) => `${requests} to go, about ${time}.`,
    again: "Look again",
    toConnection: "Go to the connection",
    toFleet: "See the fleet",
  },

  remove: {
    title: (name: string) => `Remove ${name}?`,
    lost: "The account and its credential are deleted. They cannot be brought back.",
    noDevices: "It has no devices.",
    devices: (count: number) => `${devices(count)} of it:`,
    keep: "stay on their sites with all their readings, and are polled no more",
    delete: "are deleted too; their readings stay until retention ends",
    submit: "Remove it",
    cancel: "Keep it",
  },
};
