import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { readJsonFile, uniqueSuffix } from "./atomic-file.mjs";
import { withLock } from "./lock.mjs";

const MANIFEST = "manifest.json";

export function cacheHome(env) {
  // Absolute: it ends up in the PATH of programs that run in other folders.
  if (env.SLIPWAY_CACHE) return resolve(env.SLIPWAY_CACHE);
  // By the XDG specification a relative path there is to be ignored.
  const xdg = isAbsolute(env.XDG_CACHE_HOME ?? "") ? env.XDG_CACHE_HOME : undefined;
  return join(xdg ?? join(env.HOME || homedir(), ".cache"), "slipway");
}

export function cacheKey(parts) {
  const hash = createHash("sha256");
  for (const [name, value] of Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    hash.update(`${name}\0${Buffer.byteLength(value)}\0${value}\0`);
  return hash.digest("hex").slice(0, 16);
}

export const entryPath = (env, name, key) => join(cacheHome(env), "tools", `${name}-${key}`);

export function findEntry(env, name, key) {
  const directory = entryPath(env, name, key);
  const manifest = readJsonFile(join(directory, MANIFEST));
  return manifest ? { directory, binDir: join(directory, "bin"), manifest } : undefined;
}

export async function withCacheLock(env, work, options) {
  makeWritable(cacheHome(env));
  return withLock(join(cacheHome(env), "tools.lock"), work, options);
}

function makeWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new Error(
      `the tool cache ${folder} can't be written (${error.code}), and some tool is not in it yet\n` +
        "  to do: set SLIPWAY_CACHE to a folder that can be written",
      { cause: error },
    );
  }
}

export async function publishEntry(env, name, key, manifest, make) {
  const final = entryPath(env, name, key);
  const workshop = join(cacheHome(env), "making");
  // Under the lock nobody else makes anything: what lies here was left by a killed command.
  if (existsSync(workshop))
    for (const left of readdirSync(workshop)) rmSync(join(workshop, left), { recursive: true, force: true });
  const draft = join(workshop, `${name}-${uniqueSuffix()}`);
  mkdirSync(join(draft, "bin"), { recursive: true });
  try {
    const extra = await make(draft);
    writeFileSync(join(draft, MANIFEST), `${JSON.stringify({ ...manifest, ...extra }, null, 2)}\n`);
    mkdirSync(join(final, ".."), { recursive: true });
    rmSync(final, { recursive: true, force: true });
    renameSync(draft, final);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return findEntry(env, name, key);
}
