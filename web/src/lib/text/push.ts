/** What pushing one's own data says. */
export const pushText = {
  title: "Push your own data",
  lead: "Whatever can send a line over HTTP can deliver readings. Choose where they go, take a key, and watch the first one arrive.",
  crumbs: "Where you are",

  site: {
    heading: "1. Where the readings belong",
    none: "There is no site yet. A site is a place with a timezone: its days begin and end at its own midnight.",
    choose: "Site",
    use: "Use this site",
    unchosen: "Choose a site",
    timezone: (zone: string) => `Its days are those of ${zone}.`,
    another: "Make another site",
    name: "Name of the site",
    nameHint: "A place that people know: Roof, Solar Park Sevilla.",
    create: "Make the site",
  },

  key: {
    heading: "2. A key",
    explain: (site: string) => `It may push readings to ${site}, and do nothing else.`,
    afterSite: "The key is for one site: make or choose that first.",
    create: "Make a key",
    another: "Make another key",
    name: (site: string) => `Pushes to ${site}`,
    once: "This is the only time it is shown. Keep it where your program finds it; lost, it is replaced by another.",
    label: "The key",
    created: "The key is made.",
  },

  send: {
    heading: "3. Send a reading",
    waitsForKey: "With a key, the lines to paste appear here.",
    curl: "In a terminal",
    javascript: "JavaScript, as push.mjs with Node 20 or newer, nothing to install",
    python: "Python 3, nothing to install",
    explain:
      "InfluxDB's line protocol: the metric, the device as a tag, its unit as a UCUM code, the value. Without a time it is now. An answer of 204 means that the reading is on disk.",
    more: "Lines of text, JSON, NDJSON and MQTT work too: the API's own page shows each.",
    docs: "See the API",
  },

  arrived: {
    heading: "4. What has arrived",
    of: (site: string) => `The newest readings of ${site}`,
    waiting: "Nothing has arrived yet. This page shows the first reading by itself.",
    waitingWithoutScript: "Nothing has arrived yet.",
    afterSite: "Readings appear here once there is a site.",
    again: "Look again",
    columns: { device: "Device", value: "Value", time: "Its time", received: "Received" },
    first: "The first reading has arrived.",
    toFleet: "See the fleet",
    toStart: "What is still missing",
  },

  errors: { name: "Give the site a name.", timezone: "Choose a timezone, such as Europe/Madrid." },
};
