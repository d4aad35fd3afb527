/** What the explore page says. */
export const exploreText = {
  title: "Explore",
  startTitle: "Pick what you want to see",
  start:
    "Metrics of any sites and devices can stand in one picture: find them in the list and add them. Each unit gets an axis of its own.",
  startSaved: "Or open one of your saved sets.",
  noPicksLeft: "None of these metrics is there any more, or none is yours to see.",
  gone: (count: number) =>
    count === 1
      ? "One metric is left out: it was deleted, or is not yours to see."
      : `${count} metrics are left out: they were deleted, or are not yours to see.`,
  onlyFirst: (shown: number, total: number) => `The first ${shown} of this set's ${total} metrics are drawn.`,

  rangeLabel: "Range",
  ranges: { "1h": "1 hour", today: "Today", "7d": "7 days", "30d": "30 days", "1y": "Year", all: "All" },
  move: "Move the range",
  earlier: "Earlier",
  later: "Later",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  compare: "Week before",
  compareHint: "Draws the same metrics of a week before, dashed.",
  draw: "Drawn",
  aggregates: { m4: "Every peak", mean: "Means" },
  timesIn: "Times in",
  options: "Options of the drawing",

  charts: "Charts",
  chart: (units: string, range: string) => `Lines over time (${units}), ${range}.`,
  chartUse:
    "Drag over a stretch to zoom in, double-click to zoom out. With a chart in focus: arrow keys move, plus and minus zoom; so does the wheel (elsewhere with Ctrl).",
  loading: "Loading…",
  nothingHere: "No readings in this range.",
  failed: "The newest answer could not be had; what you see is what came before.",
  tryAgain: "Try again",

  legend: {
    title: "What is drawn",
    metric: "Metric",
    value: "Value",
    atCursor: "At the cursor",
    before: "Week before",
    coverage: "Coverage",
    coverageHint: "Share of the range, up to now, that readings cover; readings more than an hour apart cover nothing.",
    remove: "Remove",
    removeNamed: (metric: string, device: string) => `Remove ${metric} of ${device}`,
  },
  newest: (moment: string) => `Newest values up to ${moment}`,
  cursorAt: (moment: string, zone: string) => `${moment} (${zone})`,

  table: {
    open: "The same as a table",
    label: "Means of each metric over time",
    time: "From",
    note: "Means of each stretch; a share in brackets says how much of it readings cover, where that is not all.",
  },

  take: {
    label: "Take it with you",
    link: "Copy link",
    copied: "Link copied",
    linkField: "Link to this view",
    csv: "CSV",
    parquet: "Parquet",
    png: "PNG",
    readingsHint: "Every reading of the range, as it is stored",
    pngHint: "The charts as a picture",
    pngName: (day: string) => `kilowatch-${day}.png`,
  },

  picker: {
    title: "Add metrics",
    search: "Search",
    searchHint: "Site, device or metric",
    searchLabel: "Site, device, serial number or metric",
    site: "Site",
    anySite: "All sites",
    apply: "Search",
    add: "Add",
    added: "Added",
    addNamed: (metric: string, device: string) => `Add ${metric} of ${device}`,
    addAll: (count: number) => `Add all ${count} on this page`,
    nextPage: "More",
    firstPage: "Back to the first",
    noneTitle: "Nothing matches",
    none: "No metric has all of these words in its name, its device's or its site's.",
    noneAtAll: "There are no metrics yet. They come with the first device that is connected or pushes.",
    full: (most: number) => `${most} metrics are drawn at most: remove one to add another.`,
    ofDevice: (device: string) => `Only ${device}`,
    anyDevice: "All devices",
    list: "Metrics that can be added",
  },

  saved: {
    title: "Saved sets",
    none: "Keep what you look at often: give it a name below its charts.",
    signIn: "Sign in to save sets of metrics.",
    count: (count: number) => (count === 1 ? "1 metric" : `${count} metrics`),
    name: "Name",
    save: "Save as a set",
    saveCopy: "Save as another set",
    change: "Save these metrics to it",
    changed: "not saved",
    rename: "Rename",
    delete: "Delete",
    open: (name: string) => `Open: ${name}`,
    required: "Give it a name.",
    deleteTitle: (name: string) => `Delete the set “${name}”?`,
    deleteExplain: (count: number) =>
      count === 1
        ? "It holds 1 metric. Only the set goes; the metric and its readings stay."
        : `It holds ${count} metrics. Only the set goes; the metrics and their readings stay.`,
    deleteSubmit: "Delete the set",
    cancel: "Keep it",
    savedTitle: (name: string) => `${name} · Explore`,
  },
};
