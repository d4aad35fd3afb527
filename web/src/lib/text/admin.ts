import { auditText } from "./admin-audit.ts";
import { keysText } from "./admin-keys.ts";
import { accountText, usersText, viewText } from "./admin-people.ts";
import { backupText, eraseText, retentionText, storageText } from "./admin-storage.ts";

/** What the pages under `/admin` and one's own account say. */
export const adminText = {
  title: "Admin",
  nav: "Parts of the administration",
  parts: {
    overview: "Overview",
    users: "People",
    keys: "API keys",
    audit: "Audit log",
    storage: "Storage",
    backup: "Backup",
  },
  crumbs: "Where this page is",
  next: "Next",
  first: "Back to the first",
  cancel: "Cancel",
  utc: "UTC",
  none: "none",
  allSites: "all sites",
  gone: "no longer there",

  overview: {
    title: "This server",
    version: "Version",
    upSince: "Running since",
    upFor: (duration: string) => `for ${duration}`,
    state: "State",
    health: { ready: "Ready", recovering: "Recovering", full: "Full" },
    healthy: "Readings are stored and can be read.",
    pending: (count: string) => `${count} readings are on the disk and wait for the engine.`,
    places: "Where it keeps what",
    dataFolder: "Data folder",
    catalogue: "Catalogue",
    readings: "Readings",
    secretKey: "Key of stored secrets",
    catalogueIn: { "data folder": "catalogue.db in the data folder", PostgreSQL: "a PostgreSQL database" },
    readingsIn: { "data folder": "readings/ in the data folder", ClickHouse: "a ClickHouse server" },
    secretKeyIn: {
      "data folder": "secret.key in the data folder",
      passphrase: "the passphrase in KILOWATCH_SECRET_KEY",
    },
    onDisk: "On the disk",
    free: "Free on the disk",
    diskUnknown: "Not known while the engine is away.",
    counts: "What there is",
    count: {
      people: "People",
      apiKeys: "API keys",
      sites: "Sites",
      devices: "Devices",
      metrics: "Metrics",
      connections: "Connections",
    },
    lately: "Lately",
    wholeLog: "The whole audit log",
  },

  users: usersText,
  view: viewText,
  keys: keysText,
  audit: auditText,
  storage: storageText,
  retention: retentionText,
  erase: eraseText,
  backup: backupText,
  account: accountText,
};

/** What is said after a deed of these pages. */
export const adminFlashText = {
  personAdded: "They can sign in now.",
  personAddedWithoutSite:
    "They can sign in now, but the site could not be given: it may be gone. Give them another one.",
  personChanged: "The change is saved.",
  personDeleted: "The person is deleted, and signed out everywhere.",
  passwordReset: "The password is set, and they are signed out everywhere.",
  siteGiven: "The site is theirs to see, from now on.",
  roleChanged: "The role is changed, from now on, also for pages that are open.",
  siteTaken: "They see that site no more, from now on, also on pages that are open.",
  keyRevoked: "The key is revoked. It lets nobody in any more.",
  retentionChanged: "Retention is changed. What is too old leaves in the background.",
  readingsDeleted: "The readings are deleted. They leave the disk in the background.",
  accountChanged: "Your name is changed.",
  passwordChanged: "Your password is changed. You are signed in here, and out everywhere else.",
};
