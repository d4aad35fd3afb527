/** What the pages say on which devices and metrics are made, changed, replaced and deleted. */
export const deviceCareText = {
  notYours: "Only technicians of this site and administrators change its devices.",
  required: "Please fill this in.",
  notANumber: "This is no number.",
  cancel: "Cancel",
  save: "Save",

  field: {
    name: "Name",
    kind: "Kind",
    serialNumber: "Serial number",
    manufacturer: "Manufacturer",
    model: "Model",
    ratedPower: "Rated power, kW",
  },

  add: {
    title: (site: string) => `Add a device to ${site}`,
    submit: "Add the device",
    metrics: "What it measures",
    metricsHint: "At least one. More can be added later. Rows without a name are left out.",
    more: "Another row",
    collectedHint:
      "A device of a vendor's cloud is added on the page of its connection, which then collects its readings.",
  },

  metric: {
    row: (number: number) => `Metric ${number}`,
    name: "Name",
    unit: "Unit",
    kind: "Kind",
    unitHint: "UCUM, such as W, kW.h, V, A, %, Cel",
    kinds: { gauge: "value", counter: "growing total", state: "state" },
    oneAtLeast: "A device measures something: name one metric at least.",
  },

  edit: {
    link: "Edit",
    title: (name: string) => `Edit ${name}`,
    serialKept: (serialNumber: string) => `Serial number ${serialNumber}.`,
    replace: "Another unit has taken its place?",
    metrics: "Its metrics",
    delete: "Delete this device",
  },

  replace: {
    link: "Replace the unit",
    title: (name: string) => `Replace the unit of ${name}`,
    explain:
      "A unit broke, and another one stands in its place. The device goes on: its name, its metrics, its place in charts and subscriptions, and all readings so far.",
    before: (serialNumber: string) => `Now: ${serialNumber}. It stays in the list of former units.`,
    beforeNone: "The unit so far has no serial number; it leaves no trace in the list of former units.",
    serialNumber: "Serial number of the new unit",
    same: "The device has this serial number already.",
    connected: "Its connection asks the vendor for the new serial number from the next round on.",
    counters: "A counter of the new unit begins anew. That is noticed, and shown as such.",
    submit: "Replace it",
  },

  formerUnits: {
    title: "Former units",
    until: (day: string) => `until ${day}`,
  },

  remove: {
    link: "Delete",
    title: (name: string) => `Delete ${name}?`,
    submit: "Delete the device",
    cancel: "Keep it",
    metrics: (count: number) => (count === 1 ? "Its one metric goes with it:" : `Its ${count} metrics go with it:`),
    andMore: (count: number) => `and ${count} more`,
    lost: "They disappear from every page and every subscription. This cannot be undone.",
    kept: "Its readings stay on the disk until retention ends, but no page shows them.",
    connected: "Its connection asks the vendor for it no more, and lists it as new when it looks again.",
    instead: "Has another unit taken its place?",
    insteadLink: "Replace the unit instead: its history then goes on.",
  },

  metrics: {
    link: "Change metrics",
    title: (device: string) => `Metrics of ${device}`,
    explain: "Whoever pushes readings by name uses these names. Changing one keeps all its readings.",
    columns: { name: "Name", unit: "Unit", kind: "Kind", latest: "Latest value" },
    change: "Change",
    changeOf: (name: string) => `Change ${name}`,
    addTitle: "Add a metric",
    addSubmit: "Add it",
    editTitle: (name: string) => `Change ${name}`,
    unitKept: "Readings stay as they are: another unit renames them, and converts nothing.",
    nameKept: "Whoever pushes under the old name has to use the new one.",
    delete: "Delete this metric",
  },

  removeMetric: {
    title: (name: string) => `Delete ${name}?`,
    of: (device: string) => `It is a metric of ${device}.`,
    submit: "Delete the metric",
    cancel: "Keep it",
    lost: "It disappears from every page and every subscription. This cannot be undone.",
    kept: "Its readings stay on the disk until retention ends, but no page shows them.",
    last: "It is the device's last metric, and a device measures something: delete the device instead, or add another metric first.",
    toDevice: "To the device",
  },

  connection: {
    title: "Connection",
    none: "Nobody asks a vendor for this device: its readings are pushed.",
    collected: "Its readings are collected from its vendor.",
    open: "Open the connection",
    states: {
      starting: "starting",
      standing_by: "asked by another server",
      running: "running",
      paused: "paused",
      backing_off: "does not answer, tried again by itself",
      refused: "refused, waits for an administrator",
    },
  },
};
