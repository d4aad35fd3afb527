import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { temporaryFolder } from "./server-process.ts";

const CHECKOUT = resolve(import.meta.dirname, "..");
const INSTALL_MS_MAX = 400_000;
const PROGRAM_MS_MAX = 60_000;
const START_MS_MAX = 60_000;
/** What npm tells its scripts of the checkout, and this suite's runner tells itself. Where packages come from stays. */
const OF_THIS_RUN =
  /^(npm_(?!config_(registry|cache|userconfig|globalconfig)$)|VITEST|NODE_ENV$|NODE_OPTIONS$|KILOWATCH_)/;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npm pack` makes of the checkout, installed into an empty project as a user does it, under the machine's own Node. */
export class InstalledPackage implements Disposable {
  readonly #folder: ReturnType<typeof temporaryFolder>;

  private constructor(folder: ReturnType<typeof temporaryFolder>) {
    this.#folder = folder;
  }

  /** Needs the registry. Takes a minute or so, and about 1 GB for as long as it lives. */
  static async install(): Promise<InstalledPackage> {
    const installed = new InstalledPackage(temporaryFolder());
    try {
      await installed.#install();
      return installed;
    } catch (error) {
      installed[Symbol.dispose]();
      throw error;
    }
  }

  async #install(): Promise<void> {
    const pack = await run("npm", ["pack", "--pack-destination", this.path], CHECKOUT, INSTALL_MS_MAX);
    const tarball = readdirSync(this.path).find((name) => name.endsWith(".tgz"));
    if (pack.code !== 0 || tarball === undefined) throw new Error(`npm pack failed:\n${pack.stdout}${pack.stderr}`);
    this.write("package.json", '{ "private": true, "type": "module" }');
    const how = ["--prefer-offline", "--no-audit", "--no-fund"];
    const install = await run("npm", ["install", ...how, `./${tarball}`], this.path, INSTALL_MS_MAX);
    if (install.code !== 0) throw new Error(`npm install failed:\n${install.stdout}${install.stderr}`);
  }

  /** The project that it was installed into. */
  get path(): string {
    return this.#folder.path;
  }

  /** Every file of the package, by its path in there. */
  files(): string[] {
    const root = join(this.path, "node_modules", "kilowatch");
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** Runs a program of the project under the machine's own Node, whichever that is. */
  async node(source: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    this.write("program.mjs", source);
    return run(machineNode(), ["program.mjs"], this.path, PROGRAM_MS_MAX, env);
  }

  npx(...args: readonly string[]): Promise<Ended> {
    return run("npx", ["--no-install", ...args], this.path, PROGRAM_MS_MAX);
  }

  /** What the checkout's compiler finds wrong with the TypeScript files of that name, which all are written. Nothing left out. */
  async typeErrors(
    sources: Readonly<Record<string, string>>,
    moduleResolution: "nodenext" | "bundler",
  ): Promise<string> {
    for (const [name, source] of Object.entries(sources)) this.write(name, source);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      target: "es2022",
      lib: ["es2023", "esnext.disposable"],
      module: moduleResolution === "nodenext" ? "nodenext" : "esnext",
      moduleResolution,
      typeRoots: [join(CHECKOUT, "node_modules", "@types")],
      types: ["node"],
    };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, files: Object.keys(sources) }));
    const compiler = join(CHECKOUT, "node_modules", "typescript", "bin", "tsc");
    const { stdout, stderr } = await run(process.execPath, [compiler, "-p", "."], this.path, PROGRAM_MS_MAX);
    return stdout + stderr;
  }

  /** Starts the installed program as a server that takes readings from whoever is on this machine. Resolves when it is ready. */
  async serve(dataDir: string): Promise<{ readonly url: string; stop(): Promise<number | null> }> {
    const program = join(this.path, "node_modules", "kilowatch", "bin", "kilowatch.mjs");
    const args = [program, "serve", "--port", "0", "--data-dir", dataDir];
    const child = spawn(machineNode(), args, {
      cwd: this.path,
      env: environment({ KILOWATCH_OPEN_DATA: "1" }),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = new Promise<number | null>((ended) => child.once("exit", (code) => ended(code)));
    let printed = "";
    const url = await new Promise<string>((ready, refuse) => {
      const tooLate = setTimeout(() => {
        child.kill("SIGKILL");
        refuse(new Error(`not ready after ${START_MS_MAX} ms:\n${printed}`));
      }, START_MS_MAX);
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        const found = /code=/.test(printed) ? /https?:\/\/\S+/.exec(printed)?.[0] : undefined;
        if (found === undefined) return;
        clearTimeout(tooLate);
        ready(found);
      });
      child.once("exit", (code) => refuse(new Error(`it ended with ${code}:\n${printed}`)));
    });
    return {
      url,
      stop: () => {
        child.kill("SIGTERM");
        return exited;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** The code blocks of a document of the checkout that are marked with that language. */
export function codeBlocks(document: string, language: string): string[] {
  const text = readFileSync(join(CHECKOUT, document), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code = ""]) => code);
}

/** The Node that a shell finds; npm puts the one of the project's dependencies before it. */
function machineNode(): string {
  const found = pathOfMachine().map((folder) => join(folder, "node"));
  return found.find((path) => existsSync(path)) ?? process.execPath;
}

function pathOfMachine(): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
}

function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !OF_THIS_RUN.test(name));
  return { ...Object.fromEntries(kept), PATH: pathOfMachine().join(delimiter), ...extra };
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, env: environment(env), timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(command, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
    child.stdin?.end();
  });
}
