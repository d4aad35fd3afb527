const people = (count: number): string => (count === 1 ? "1 person" : `${count} people`);

/** What the first steps say. */
export const startText = {
  title: "Get started",
  lead: "Three ways to see readings here. Each takes a few minutes, and none needs a file to be edited.",
  copy: "Copy",
  copied: "Copied",
  copyHint: (what: string) => `Copy ${what}`,

  doors: {
    heading: "Where to begin",
    demo: {
      title: "Look at the demo fleet",
      explain: "500 simulated inverters that report every few seconds, beside this server and apart from its data.",
      run: "In a second terminal:",
      openAt: (url: string) => `Then open ${url}: nobody has to sign in to look.`,
      command: "the command that starts the demo",
      already: "You are in it: what you see here is the demo, with 500 simulated inverters.",
      open: "See the fleet",
    },
    connect: {
      title: "Connect a vendor",
      explain:
        "Paste the credentials of an account. It is tested at once, and nothing is collected before you have seen the plan.",
      open: "Connect a vendor",
    },
    push: {
      title: "Push your own data",
      explain: "A key, one line for your terminal, and the reading appears on the page.",
      open: "Push data",
    },
    needsAdmin: "This takes an administrator.",
  },

  checklist: {
    heading: "What this installation has",
    progress: (done: number, all: number) => `${done} of ${all} done.`,
    nothingMissing: "Nothing is missing.",
    state: { done: "Done", missing: "Missing", optional: "Optional" },
    steps: {
      admin: {
        name: "An administrator",
        done: (name: string) => `${name} can do everything.`,
        missing: "Open the link that the server printed.",
        act: "",
      },
      site: {
        name: "A site with its timezone",
        done: (count: string) => `${count}, each with days from its own midnight to the next.`,
        missing: "Devices stand at a site, and the site's timezone decides where a day begins.",
        act: "Make a site",
      },
      source: {
        name: "Something that delivers",
        done: (count: string) => count,
        missing: "No device is known yet. Connect a vendor, or push.",
        act: "Connect a vendor",
      },
      reading: {
        name: "The first reading",
        done: () => "Readings have arrived.",
        missing: "No value has arrived yet.",
        act: "See what arrives",
      },
      secondPerson: {
        name: "A second person",
        done: (count: string) => `${count} may sign in.`,
        missing: "Somebody who can let you in again, or a technician for some sites.",
        act: "Let somebody in",
      },
      readKey: {
        name: "A key for programs that read",
        done: (count: string) => `${count} can ask for readings.`,
        missing: "For dashboards and scripts that ask for readings.",
        act: "Make a key",
      },
    },
    counts: {
      sites: (count: number) => (count === 1 ? "1 site" : `${count} sites`),
      devices: (count: number) => (count === 1 ? "1 device" : `${count} devices`),
      people,
      keys: (count: number) => (count === 1 ? "1 key" : `${count} keys`),
    },
  },

  unfinished: {
    heading: "Begun and not finished",
    why: {
      noDevices: "None of its devices is collected yet.",
      paused: "It is paused: nothing is asked of it.",
      refused: "The vendor refuses it, and it waits for you.",
    },
    go: { noDevices: "Choose devices", paused: "See the plan and start", refused: "Look at it" },
    remove: "Remove",
    removeHint: (name: string) => `Remove ${name}`,
  },

  adminOnly: "Only an administrator can set this up.",
};
