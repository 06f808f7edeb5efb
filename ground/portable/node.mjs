import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { cacheKey, findEntry, publishEntry, withCacheLock } from "./cache.mjs";
import { downloadVerified } from "./download.mjs";
import { findOnPath, isExecutable } from "./find-on-path.mjs";
import { run } from "./run.mjs";
import { satisfies } from "./version.mjs";

const PROBE_TIMEOUT_MS = 10_000;
const NPM_TIMEOUT_MS = 15 * 60_000;
const PLATFORMS = new Set(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]);

const table = JSON.parse(readFileSync(new URL("../toolchain/versions.json", import.meta.url), "utf8"));
export const NODE = table.tools.node;

const platform = `${process.platform}-${process.arch}`;
const entryName = `node-${NODE.version}`;
const key = cacheKey({ platform, version: NODE.version });

export async function findNode(env) {
  const problems = [];
  if (satisfies(process.versions.node, NODE.range))
    return { found: describe(process.execPath, process.versions.node, "running"), problems };
  for (const [source, path] of [
    ["SLIPWAY_NODE", env.SLIPWAY_NODE],
    ["PATH", findOnPath("node", env)],
  ]) {
    if (!path) {
      problems.push(`${source}: ${source === "PATH" ? "no node there" : "not set"}`);
      continue;
    }
    const version = await versionOf(path);
    if (version && satisfies(version, NODE.range))
      return { found: describe(path, version, source), problems };
    problems.push(`${source}: ${path} is ${version ?? "not a working Node"}, wanted ${NODE.range}`);
  }
  const entry = findEntry(env, entryName, key);
  if (entry && isExecutable(join(entry.binDir, "node")))
    return { found: describe(join(entry.binDir, "node"), NODE.version, "cache"), problems };
  problems.push("cache: not there");
  return { found: undefined, problems };
}

export async function provideNode(env, progress) {
  const looked = await findNode(env);
  if (looked.found) return looked.found;
  return withCacheLock(
    env,
    async () => {
      const again = await findNode(env);
      if (again.found) return again.found;
      return fetchNode(env, progress, again.problems);
    },
    { onWait: (pid) => progress.say(`waiting for process ${pid}, which is providing tools`) },
  );
}

async function fetchNode(env, progress, problems) {
  const sources = [
    ["official release", fromRelease],
    ["npm package", fromNpm],
  ];
  for (const [source, fetchInto] of sources) {
    if (env.SLIPWAY_OFFLINE === "1") {
      problems.push(`${source}: skipped, SLIPWAY_OFFLINE=1`);
      continue;
    }
    const step = progress.begin(`Node ${NODE.version}: ${source}`);
    try {
      await publishEntry(
        env,
        entryName,
        key,
        { tool: "node", version: NODE.version, source },
        async (draft) => {
          await fetchInto(draft, step, env);
          const version = await versionOf(join(draft, "bin", "node"));
          if (version !== NODE.version)
            throw new Error(`what was fetched says it is ${version ?? "nothing"}`);
        },
      );
      step.end("ready");
      return describe(join(findEntry(env, entryName, key).binDir, "node"), NODE.version, source);
    } catch (error) {
      step.end(`no: ${error.message}`);
      problems.push(`${source}: ${error.message}`);
    }
  }
  throw new Error(
    [
      `Node ${NODE.range} is needed (this is ${process.version}) and could not be provided:`,
      ...problems.map((problem) => `  ${problem}`),
      "  to do: install Node 24 or newer, or set SLIPWAY_NODE=/path/to/node",
    ].join("\n"),
  );
}

async function fromRelease(draft, step) {
  if (!PLATFORMS.has(platform)) throw new Error(`no release for ${platform}`);
  const base = `https://nodejs.org/dist/v${NODE.version}`;
  const name = `node-v${NODE.version}-${platform}`;
  const archive = join(draft, "archive.tar.gz");
  await downloadVerified(`${base}/${name}.tar.gz`, `${base}/SHASUMS256.txt`, archive, (received, total) =>
    step.detail(`${Math.round(received / 1e6)} of ${total ? Math.round(total / 1e6) : "?"} MB`),
  );
  await run("tar", ["-xzf", archive, "-C", draft, "--strip-components=1", `${name}/bin/node`]);
  rmSync(archive);
}

async function fromNpm(draft, _step, env) {
  if (!PLATFORMS.has(platform)) throw new Error(`no package for ${platform}`);
  const folder = mkdtempSync(join(draft, "npm-"));
  // npm checks the package against the registry's own integrity sum.
  const spec = `node-${platform}@${NODE.version}`;
  await run("npm", ["pack", spec, "--pack-destination", folder, "--fetch-retries=0", "--silent"], {
    cwd: folder,
    env,
    timeoutMs: NPM_TIMEOUT_MS,
  });
  const [archive] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  await run("tar", ["-xzf", join(folder, archive), "-C", folder, "package/bin/node"]);
  copyFileSync(join(folder, "package", "bin", "node"), join(draft, "bin", "node"));
  chmodSync(join(draft, "bin", "node"), 0o755);
  rmSync(folder, { recursive: true, force: true });
}

async function versionOf(path) {
  try {
    // The running Node answers without being started again.
    if (realpathSync(path) === realpathSync(process.execPath)) return process.versions.node;
    const { stdout } = await run(path, ["--version"], { timeoutMs: PROBE_TIMEOUT_MS });
    return /^v(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

const describe = (path, version, source) => ({ path, version, source });
