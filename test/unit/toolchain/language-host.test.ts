import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { withCacheLock } from "../../../ground/portable/cache.mjs";
import { silentProgress } from "../../../ground/portable/progress.mjs";
import { programDependencies, requiredPackages } from "../../../ground/toolchain/language-host/packages.ts";
import { nodeArguments } from "../../../ground/toolchain/language-host/runtime-options.ts";
import { provideRow } from "../../../ground/toolchain/provide.ts";
import { TOOLS } from "../../../ground/toolchain/table.ts";
import { type ProvidedTool, pulumiFlavour } from "../../../ground/toolchain/toolchain.ts";
import { ROOT, temporaryFolder, until } from "./support.ts";

const exec = promisify(execFile);

/** The SDK's provider host loads this text; the provider itself keeps a number and nothing else. */
const PROVIDER = `exports.handler = () => ({
  check: async (_olds, inputs) => ({ inputs }),
  diff: async (_id, olds, news) => ({ changes: olds.size !== news.size }),
  create: async (inputs) => ({ id: "box-" + inputs.size, outs: inputs }),
  update: async (_id, _olds, news) => ({ outs: news }),
  read: async (id, props) => ({ id, props }),
  delete: async () => {},
});`;

const PROGRAM = `import * as pulumi from "@pulumi/pulumi";
class Box extends pulumi.CustomResource {
  constructor(name: string, size: number) {
    super("pulumi-nodejs:dynamic/test:Box", name, { size, __provider: ${JSON.stringify(PROVIDER)} });
  }
}
for (const name of ["a", "b"]) new Box(name, Number(process.env.SIZE));
export const dryRun = pulumi.runtime.isDryRun();
export const greeting = new pulumi.Config().require("greeting");
`;

let pulumi: ProvidedTool;

beforeAll(async () => {
  // Our host even where the official one could be had: an official release is no source in this row.
  const tool = { ...TOOLS.pulumi, override: "SLIPWAY_NOT_SET", sources: TOOLS.pulumi.sources.slice(1) };
  const env = { ...process.env, PATH: pathWithoutPulumi() };
  pulumi = await withCacheLock(process.env, () => provideRow(tool, env, silentProgress));
}, 900_000);

const pathWithoutPulumi = (): string =>
  (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => !existsSync(join(folder, "pulumi")))
    .join(":");

interface Project {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly run: (...args: string[]) => Promise<string>;
}

async function project(program = PROGRAM): Promise<Project> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "state"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    "name: boxes\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
  );
  const dependencies = { "@pulumi/pulumi": "*", "@pulumi/kubernetes": "*" };
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "boxes", type: "module", main: "index.ts", dependencies }),
  );
  writeFileSync(join(folder, "index.ts"), program);
  const env = {
    ...process.env,
    PATH: `${pulumi.binDir}:${join(process.execPath, "..")}:${process.env.PATH}`,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    SIZE: "1",
  };
  const run = async (...args: string[]): Promise<string> => {
    try {
      const { stdout, stderr } = await exec(pulumi.path, [...args, "--non-interactive"], {
        cwd: folder,
        env,
      });
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(stdout + stderr);
    }
  };
  await run("stack", "init", "dev");
  await run("config", "set", "greeting", "hello");
  return { folder, env, run };
}

describe("the language host of our own", () => {
  it("is told from the official one", () => {
    expect(pulumiFlavour(pulumi)).toBe("slipway");
    const folder = temporaryFolder();
    writeFileSync(join(folder, "pulumi-language-nodejs"), "\x7fELF");
    expect(pulumiFlavour({ ...pulumi, binDir: folder })).toBe("official");
  });

  it("carries preview, up, change, refresh and destroy", async () => {
    const { env, run } = await project();
    expect(await run("preview")).toMatch(/dryRun +: true[\s\S]*\+ 3 to create/);
    const up = await run("up", "--yes", "--skip-preview");
    expect(up).toMatch(/greeting: "hello"/);
    expect(up).toContain("+ 3 created");
    expect(await run("preview")).toContain("3 unchanged");
    env.SIZE = "2";
    expect(await run("up", "--yes", "--skip-preview")).toContain("~ 2 updated");
    expect(await run("refresh", "--yes", "--skip-preview")).toContain("3 unchanged");
    expect(await run("destroy", "--yes", "--skip-preview")).toContain("- 3 deleted");
  });

  it("doesn't make the engine fetch plugins of packages that the program never registers", async () => {
    const { run } = await project();
    const log = await run("preview", "--logtostderr", "-v=9");
    // The engine writes each package that it gathers; the SDK of one is declared and installed, its plugin isn't.
    expect(log).toContain("gatherPackagesFromProgram()");
    expect(log).not.toContain("kubernetes");
  });

  it("reports a failing program once, by what the program said", async () => {
    const { run } = await project('throw new Error("the reason");');
    const output = await run("preview").catch((error: Error) => error.message);
    expect(output).toContain("the reason");
    expect(output).not.toContain("exit code");
  });

  it("reports a program that ends with a code of its own", async () => {
    const { run } = await project("process.exit(7);");
    await expect(run("preview")).rejects.toThrow("the program ended with exit code 7");
  });

  it("tells the program's dependencies and runtime", async () => {
    const { run } = await project();
    const about = await run("about");
    expect(about).toContain(`version='${process.version}'`);
    expect(about).toMatch(/@pulumi\/pulumi\s+3\./);
  });

  it("ends with its program when the engine is killed", async () => {
    const { folder, env } = await project(
      `import { writeFileSync } from "node:fs";
       writeFileSync("program.pid", process.pid + "\\n" + process.ppid + "\\n");
       await new Promise((resolve) => setTimeout(resolve, 600_000));`,
    );
    const cli = spawn(pulumi.path, ["preview", "--non-interactive"], { cwd: folder, env, stdio: "ignore" });
    onTestFinished(() => void cli.kill("SIGKILL"));
    const file = join(folder, "program.pid");
    await until(() => existsSync(file) && readFileSync(file, "utf8").split("\n").length === 3, 30_000);
    const [program, host] = readFileSync(file, "utf8").trim().split("\n").map(Number);
    expect(commandLine(host)).toContain("language-host/main.ts");
    await killAndWait(cli);
    await until(() => !commandLine(program) && !commandLine(host), 2_000);
  });
});

describe("requiredPackages", () => {
  const installed = (folder: string, name: string, manifest: object): void => {
    mkdirSync(join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "node_modules", name, "package.json"), JSON.stringify({ name, ...manifest }));
  };

  it("names declared packages whose plugin is there, and no other", () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ dependencies: { "@pulumi/here": "1", "@pulumi/away": "1", plain: "1" } }),
    );
    installed(folder, "@pulumi/here", { version: "1.2.3", pulumi: { resource: true } });
    installed(folder, "@pulumi/away", { version: "2.0.0", pulumi: { resource: true } });
    installed(folder, "@pulumi/undeclared", { version: "3.0.0", pulumi: { resource: true } });
    installed(folder, "plain", { version: "4.0.0" });
    mkdirSync(join(folder, "home", "plugins", "resource-here-v1.2.3"), { recursive: true });
    mkdirSync(join(folder, "home", "plugins", "resource-undeclared-v3.0.0"), { recursive: true });
    const before = process.env.PULUMI_HOME;
    process.env.PULUMI_HOME = join(folder, "home");
    onTestFinished(() => {
      if (before === undefined) delete process.env.PULUMI_HOME;
      else process.env.PULUMI_HOME = before;
    });
    expect(requiredPackages(folder)).toEqual([{ name: "here", version: "v1.2.3" }]);
    expect(programDependencies(folder, false)).toEqual([
      { name: "@pulumi/away", version: "2.0.0" },
      { name: "@pulumi/here", version: "1.2.3" },
      { name: "plain", version: "4.0.0" },
    ]);
    expect(programDependencies(folder, true)).toHaveLength(4);
  });
});

describe("nodeArguments", () => {
  it("keeps quoted pieces whole", () => {
    expect(nodeArguments({ nodeargs: `--max-old-space-size=512 --title="two words"` })).toEqual([
      "--max-old-space-size=512",
      "--title=two words",
    ]);
    expect(nodeArguments({})).toEqual([]);
  });
});

/** Empty for a process that doesn't run, or is dead and not yet collected. */
function commandLine(pid: number | undefined): string {
  if (pid === undefined || !readdirSync("/proc").includes(String(pid))) return "";
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}

function killAndWait(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  return gone;
}
