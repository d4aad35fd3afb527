import type { Installation } from "#lib/api/types.gen.ts";
import { text } from "#lib/text.ts";
import { shellWord } from "./shell-word.ts";

const words = text.admin.backup;

/** How a copy of this server is made by hand, as `docs/operating.md` has it. */
export interface BackupPlan {
  readonly folderHolds: string;
  /** What lies outside of the data folder, and in which order. */
  readonly elsewhere: readonly string[];
  readonly key: string;
  readonly steps: readonly { readonly say: string; readonly command: string | null }[];
  readonly verify: string;
}

export function backupPlan({ dataFolder, catalogue, readings, secretKey }: Installation): BackupPlan {
  const hasCatalogue = catalogue === "data folder";
  const hasReadings = readings === "data folder";
  const files = words.dataFolderFiles;
  const folder = shellWord(dataFolder);
  return {
    folderHolds: hasCatalogue
      ? hasReadings
        ? files.both
        : files.readingsElsewhere
      : hasReadings
        ? files.catalogueElsewhere
        : files.neither,
    elsewhere: [...(hasCatalogue ? [] : [words.postgres]), ...(hasReadings ? [] : [words.clickhouse])],
    key: secretKey === "passphrase" ? words.keyPassphrase : words.keyFile,
    steps: [
      { say: words.step.stop, command: null },
      // As archive: modes, owners and times stay as they are.
      { say: words.step.copy, command: `cp -a ${folder} /backup/kilowatch-DATE` },
      ...(hasCatalogue
        ? []
        : [
            {
              say: words.step.postgres,
              command: "pg_dump --format=custom --file=/backup/catalogue-DATE.dump DATABASE",
            },
          ]),
      ...(hasReadings ? [] : [{ say: words.step.clickhouse, command: null }]),
      { say: words.step.start, command: null },
    ],
    verify: `kilowatch audit verify --data-dir ${folder}`,
  };
}
