import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, writeFileAtomically } from "./atomic-file.mjs";
import { isAlive, processIdentity } from "./identity.mjs";
import { withLock } from "./lock.mjs";
import { run } from "./run.mjs";

const MARKER = ".slipway-installed";
const REASON_LINES = 6;
const POLL_MS = 25;
const OWN_BINARY = { name: "slipway", target: "../../cli/bootstrap.mjs" };

export async function installDependencies(root, env, progress) {
  const lockText = readFileSync(join(root, "package-lock.json"), "utf8");
  const wanted = createHash("sha256").update(lockText).digest("hex");
  const marker = join(root, "node_modules", MARKER);
  if (!isMarked(marker, wanted))
    await withLock(
      // Not under node_modules, which `npm ci` empties.
      join(root, ".slipway", "install.lock"),
      async () => {
        if (isMarked(marker, wanted)) return;
        if (!isInstalled(root, JSON.parse(lockText))) await npmCi(root, env, progress);
        writeFileAtomically(marker, `${wanted}\n`);
      },
      { onWait: (pid) => progress.say(`waiting for process ${pid}, which is installing dependencies`) },
    );
  linkOwnBinary(root);
}

const isMarked = (marker, wanted) => existsSync(marker) && readFileSync(marker, "utf8").trim() === wanted;

/** Somebody may have run `npm ci` by hand: npm's own record of what it installed then says the same as the lock file. */
export function isInstalled(root, lock) {
  const installed = readJsonFile(join(root, "node_modules", ".package-lock.json"))?.packages;
  if (!installed) return false;
  return Object.entries(lock.packages).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    // Packages for other platforms are optional and left out.
    if (!found) return entry.optional === true;
    return found.version === entry.version && existsSync(join(root, path, "package.json"));
  });
}

async function npmCi(root, env, progress) {
  const record = join(root, ".slipway", "npm-ci.json");
  await endLeftOver(record);
  const step = progress.begin("dependencies: npm ci --ignore-scripts");
  try {
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: root,
      env,
      onStart: (pid) => writeFileAtomically(record, JSON.stringify({ pid, startTime: processIdentity(pid) })),
      onLine: (line) => step.detail(line),
    });
    rmSync(record, { force: true });
  } catch (error) {
    step.end("failed");
    throw new Error(
      `${npmReason(error)}\n  to do: run \`npm ci --ignore-scripts\` in ${root} and mend what it says`,
    );
  }
  step.end("installed");
}

/** After kill -9 of a bootstrap its npm goes on by itself; two of them at once empty each other's folders. */
async function endLeftOver(record) {
  const left = readJsonFile(record);
  while (left && isAlive(left.pid, left.startTime)) {
    kill(left.pid);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It ended between the look and the signal.
    if (error.code !== "ESRCH") throw error;
  }
}

/** npm begins with the reason and ends with advice: unlike other programs, its first lines tell. */
function npmReason(error) {
  const lines = (error.stderr ?? "").split("\n").filter((line) => /^npm error \S/.test(line));
  if (lines.length === 0) return error.message;
  return ["npm ci failed:", ...lines.slice(0, REASON_LINES).map((line) => `  ${line}`)].join("\n");
}

/** npm links a package's binaries for those that depend on it, not for itself; `npx slipway` looks here. */
function linkOwnBinary(root) {
  const link = join(root, "node_modules", ".bin", OWN_BINARY.name);
  try {
    if (readlinkSync(link) === OWN_BINARY.target) return;
  } catch {
    // Missing, or not a link: made anew below.
  }
  mkdirSync(join(link, ".."), { recursive: true });
  rmSync(link, { force: true });
  try {
    symlinkSync(OWN_BINARY.target, link);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}
