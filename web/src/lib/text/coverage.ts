/** What the pages of coverage say. */
export const coverageText = {
  title: "Coverage",
  explain:
    "What was expected of each device, and what came. A figure is the share that came, in percent; a hole can be opened.",
  noSitesTitle: "No site yet",
  noSites: "Coverage is told site by site. Make a site and connect devices to it first.",
  noDevicesTitle: "No devices at this site",
  noDevices: "They appear here as soon as they are connected.",

  filter: {
    label: "Choose what to see",
    site: "Site",
    span: "How far back",
    days: (count: number) => `${count} days`,
    until: "Up to",
    apply: "Show",
    earlier: "Earlier",
    later: "Later",
  },

  map: {
    label: "Coverage of each device, step by step",
    device: "Device",
    zone: (zone: string) => `Days and hours are the site's own: ${zone}.`,
    cell: (device: string, when: string, words: string) => `${device}, ${when}: ${words}`,
    received: (percent: number) => `${percent} % received`,
    unasked: "never asked",
    nothing: "the vendor has nothing",
    before: "before it was here",
    pushed: "pushes by itself: what it should have sent is not known",
    noValues: "has no values yet",
    day: (day: string) => `Hours of ${day}`,
    next: "Next devices",
    first: "Back to the first",
    hint: "With the arrow keys you go from hole to hole.",
  },

  legend: {
    label: "What the cells mean",
    full: "all of it (99 % or more)",
    most: "most (90 % or more)",
    half: "half or more",
    little: "less than half",
    empty: "nothing came",
    unasked: "never asked",
    nothing: "the vendor has nothing, such as at night",
    before: "before the device was here",
  },

  gaps: {
    heading: "What is missing, the newest first",
    none: "Nothing is missing in this time.",
    notAsked: "The devices here push their values by themselves: what they should have sent is not known.",
    more: (count: number) => `The newest ${count} are shown.`,
    columns: {
      device: "Device",
      when: "When",
      long: "How long",
      values: "Values",
      said: "What the vendor said",
      asked: "Asked last",
      request: "Request",
    },
    outcome: { refused: "refused to say", failed: "gave no usable answer" },
    unasked: "was never asked",
    look: (device: string) => `Look at the hole of ${device}`,
    label: "What is missing",
  },

  hole: {
    title: (device: string) => `What is missing of ${device}`,
    back: "Coverage",
    span: (from: string, to: string, zone: string) => `${from} to ${to} (${zone})`,
    closedTitle: "Nothing is missing here",
    closed:
      "All that was owed in this time has come. Nothing is owed where the vendor has nothing, and before the device was here.",
    pushed:
      "This device pushes its values by itself. What it should have sent is not known, and nobody can be asked for it.",
    strip: (count: string) => `The stretch as a bar; ${count} are missing in it.`,
    gaps: (count: number) => (count === 1 ? "1 stretch" : `${count} stretches`),
    present: "nothing missing",
    repair: "Ask the vendor again",
    repairExplain:
      "Gaps of the last 30 days are asked for by themselves, with growing pauses where the vendor fails. This asks at once.",
    cost: (requests: string, duration: string) =>
      `At most ${requests} requests, about ${duration}, beside the values of now.`,
    submit: "Repair it",
    notYours: "An administrator may ask the vendor for it again.",
    connection: (name: string) => `Asked by ${name}`,
    job: "The repair",
    device: "The device",
  },
};
