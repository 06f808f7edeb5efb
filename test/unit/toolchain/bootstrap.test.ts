import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isAlive, processIdentity } from "../../../ground/portable/identity.mjs";
import { isInstalled } from "../../../ground/portable/install.mjs";
import { ROOT, temporaryFolder, until, writeScript } from "./support.ts";

const LOCK = {
  packages: {
    "": { version: "0.1.0" },
    "node_modules/there": { version: "1.0.0" },
    "node_modules/other-platform": { version: "1.0.0", optional: true },
  },
};

/** A checkout with the real bootstrap, a stand-in for npm, and commands that say what they were given. */
function checkout() {
  const folder = temporaryFolder();
  for (const name of ["cli/bootstrap.mjs", "ground/portable", "ground/toolchain/versions.json"])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "slipway", type: "module" }));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(LOCK));
  const bin = join(folder, "system-bin");
  const npmLog = join(folder, "npm.log");
  writeScript(
    join(bin, "npm"),
    `echo "$@" >> ${npmLog}
rm -rf node_modules; mkdir -p node_modules/there node_modules/.bin
echo '{"name":"there"}' > node_modules/there/package.json
echo '{"packages":{"node_modules/there":{"version":"1.0.0"}}}' > node_modules/.package-lock.json
for tool in vitest biome tsc depcruise; do
  echo "console.log('$tool', ...process.argv.slice(2)); process.exitCode = Number(process.env['EXIT_$tool'] ?? 0)" > node_modules/.bin/$tool
done`,
  );
  symlinkSync(process.execPath, join(bin, "node"));
  const npmRuns = (): string[] => (existsSync(npmLog) ? readFileSync(npmLog, "utf8").trim().split("\n") : []);
  const env = { PATH: `${bin}:/usr/bin:/bin`, SLIPWAY_CACHE: join(folder, "cache") };
  const start = (args: string[], more: Record<string, string> = {}) =>
    spawn(process.execPath, [join(folder, "cli", "bootstrap.mjs"), ...args], {
      cwd: folder,
      env: { ...env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const run = (args: string[], more?: Record<string, string>): Promise<Ended> => ended(start(args, more));
  return { folder, npmRuns, start, run };
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

function ended(child: ReturnType<ReturnType<typeof checkout>["start"]>): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => {
    out += piece;
  });
  child.stderr.setEncoding("utf8").on("data", (piece) => {
    err += piece;
  });
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, out, err })));
}

const writeMain = (folder: string, text: string): void => writeFileSync(join(folder, "cli", "main.ts"), text);

describe("the bootstrap", () => {
  it("installs once, says so on stderr, and again when the lock file changes", async () => {
    const { folder, npmRuns, run } = checkout();
    writeMain(folder, "console.log('main', ...process.argv.slice(2));");
    const first = await run(["up", "--yes"]);
    expect(first).toMatchObject({ code: 0, out: "main up --yes\n" });
    expect(first.err).toContain("npm ci --ignore-scripts");
    expect(npmRuns()).toEqual(["ci --ignore-scripts --no-audit --no-fund"]);
    expect(readlinkSync(join(folder, "node_modules", ".bin", "slipway"))).toBe("../../cli/bootstrap.mjs");

    expect(await run(["status"])).toMatchObject({ code: 0, out: "main status\n", err: "" });
    expect(npmRuns()).toHaveLength(1);

    const changed = { packages: { ...LOCK.packages, "node_modules/new": { version: "1.0.0" } } };
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify(changed));
    await run(["status"]);
    expect(npmRuns()).toHaveLength(2);
  });

  it("installs once when two commands start together", async () => {
    const { folder, npmRuns, run } = checkout();
    writeMain(folder, "");
    expect((await Promise.all([run(["a"]), run(["b"]), run(["c"])])).map(({ code }) => code)).toEqual([
      0, 0, 0,
    ]);
    expect(npmRuns()).toHaveLength(1);
  });

  it.each(["SIGKILL", "SIGTERM"] as const)(
    "leaves no npm in the way of the next command when it is ended by %s",
    async (signal) => {
      const { folder, npmRuns, start, run } = checkout();
      writeMain(folder, "");
      const npm = readFileSync(join(folder, "system-bin", "npm"), "utf8").replace("#!/bin/sh\n", "");
      const pidFile = join(folder, "npm.pid");
      writeScript(
        join(folder, "system-bin", "npm"),
        `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`,
      );
      const first = start(["up"]);
      await until(() => existsSync(pidFile) && existsSync(join(folder, ".slipway", "npm-ci.json")));
      const pid = Number(readFileSync(pidFile, "utf8"));
      const startTime = processIdentity(pid);
      onTestFinished(() => void (isAlive(pid, startTime) && process.kill(pid, "SIGKILL")));
      first.kill(signal);
      expect(await ended(first)).toMatchObject({ signal });
      // A signal that can be caught is passed on; after the other the next command ends what was left.
      expect(isAlive(pid, startTime)).toBe(signal === "SIGKILL");

      writeScript(join(folder, "system-bin", "npm"), npm);
      expect(await run(["up"])).toMatchObject({ code: 0 });
      expect(isAlive(pid, startTime)).toBe(false);
      expect(npmRuns()).toHaveLength(1);
      expect(existsSync(join(folder, ".slipway", "npm-ci.json"))).toBe(false);
    },
  );

  it("says what to do when npm fails", async () => {
    const { folder, run } = checkout();
    writeScript(
      join(folder, "system-bin", "npm"),
      "echo 'npm error code EUSAGE' >&2; echo 'npm error Missing: x' >&2; exit 1",
    );
    const { code, err } = await run(["up"]);
    expect(code).toBe(1);
    expect(err).toContain(
      `npm ci failed:\n  npm error code EUSAGE\n  npm error Missing: x\n  to do: run \`npm ci --ignore-scripts\` in ${folder}`,
    );
  });

  it("runs TypeScript under a Node of the wanted range, first on PATH, with a compile cache", async () => {
    const { folder, run } = checkout();
    writeMain(
      folder,
      `const facts: string[] = [process.version, process.env.PATH!.split(":")[0]!, process.env.NODE_COMPILE_CACHE!];
       console.log(JSON.stringify(facts));`,
    );
    const { out } = await run(["x"]);
    expect(JSON.parse(out)).toEqual([
      process.version,
      join(process.execPath, ".."),
      join(folder, "cache", "compile-cache"),
    ]);
  });

  it("passes exit codes and signals through", async () => {
    const { folder, run, start } = checkout();
    writeMain(folder, "process.exit(Number(process.argv[2]));");
    expect(await run(["7"])).toMatchObject({ code: 7, signal: null });

    writeMain(
      folder,
      `process.on("SIGINT", () => process.exit(42)); console.log("up"); setInterval(() => {}, 1000);`,
    );
    const child = start(["wait"]);
    const end = ended(child);
    let isUp = false;
    child.stdout.on("data", () => {
      isUp = true;
    });
    await until(() => isUp);
    child.kill("SIGINT");
    expect(await end).toMatchObject({ code: 42 });

    writeMain(folder, `process.kill(process.pid, "SIGKILL");`);
    expect(await run(["die"])).toMatchObject({ signal: "SIGKILL" });
  });

  it("runs all three checks of the lint even when one fails", async () => {
    const { run } = checkout();
    const clean = await run(["run-lint"]);
    expect(clean.code).toBe(0);
    const failing = await run(["run-lint"], { EXIT_biome: "1", EXIT_depcruise: "3" });
    expect(failing.out.split("\n").map((line) => line.split(" ")[0])).toEqual([
      "biome",
      "tsc",
      "depcruise",
      "",
    ]);
    expect(failing.code).toBe(1);
    expect((await run(["run-lint"], { EXIT_depcruise: "3" })).code).toBe(3);
  });

  it("hands arguments to tests, formatter and benchmarks", async () => {
    const { folder, run } = checkout();
    mkdirSync(join(folder, "bench"));
    writeFileSync(join(folder, "bench", "main.ts"), "console.log('bench', ...process.argv.slice(2));");
    expect((await run(["run-tests", "test/unit"])).out).toBe("vitest run test/unit\n");
    expect((await run(["run-format"])).out).toBe("biome check --write\n");
    expect((await run(["run-bench", "jetstream", "--n", "5"])).out).toBe("bench jetstream --n 5\n");
  });
});

describe("isInstalled", () => {
  const installed = (version: string): string => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "node_modules", "there"), { recursive: true });
    writeFileSync(join(folder, "node_modules", "there", "package.json"), "{}");
    const packages = { "node_modules/there": { version } };
    writeFileSync(join(folder, "node_modules", ".package-lock.json"), JSON.stringify({ packages }));
    return folder;
  };

  it("takes an installation by hand for what it is", () => {
    expect(isInstalled(installed("1.0.0"), LOCK)).toBe(true);
    expect(isInstalled(installed("0.9.0"), LOCK)).toBe(false);
    expect(isInstalled(temporaryFolder(), LOCK)).toBe(false);
  });
});
