import { chmodSync, copyFileSync, linkSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../portable/cache.mjs";
import { downloadVerified } from "../portable/download.mjs";
import type { ProgressStep } from "../portable/progress.mjs";
import { run } from "../portable/run.mjs";
import { GO_ENVIRONMENT, goBuildFlags, modulePath, PLATFORM } from "./keys.ts";
import type { GoBuild, ProvidedTool, Release, Tool } from "./tool.ts";

const BYTES_IN_MB = 1e6;

export const isOffline = (env: Environment): boolean => env.SLIPWAY_OFFLINE === "1";

/** Downloads a release into `draft/bin`, checked against its published sum, which goes into the manifest. */
export async function fetchRelease(
  tool: Tool<string>,
  source: Release,
  draft: string,
  step: ProgressStep,
): Promise<{ url: string; sha256: string }> {
  const asset = source.asset(PLATFORM, tool.version);
  if (!asset) throw new Error(`nothing is published for ${PLATFORM.os}-${PLATFORM.arch}`);
  const archive = join(draft, "archive.tar.gz");
  const sha256 = await downloadVerified(asset.url, asset.checksums, archive, (received, total) =>
    step.detail(`${megabytes(received)} of ${total === undefined ? "?" : megabytes(total)} MB`),
  );
  const unpacked = join(draft, "unpacked");
  mkdirSync(unpacked);
  await run("tar", ["-xzf", archive, "-C", unpacked]);
  for (const name of tool.binaries) {
    copyFileSync(join(unpacked, asset.folder, name), join(draft, "bin", name));
    chmodSync(join(draft, "bin", name), 0o755);
  }
  rmSync(archive);
  rmSync(unpacked, { recursive: true });
  return { url: asset.url, sha256 };
}

const megabytes = (bytes: number): number => Math.round(bytes / BYTES_IN_MB);

/** Builds into `draft/bin`; modules come through Go's own cache and proxy settings, or the cache alone when offline. */
export async function buildWithGo(
  source: GoBuild,
  draft: string,
  env: Environment,
  step: ProgressStep,
): Promise<{ go: string }> {
  const goEnv = { ...env, ...GO_ENVIRONMENT, ...(isOffline(env) ? { GOPROXY: "off" } : {}) };
  const options = { cwd: modulePath(source), env: goEnv };
  const go = (await run("go", ["env", "GOVERSION"], options)).stdout.trim();
  for (const [path, name] of Object.entries(source.packages)) {
    step.detail(`building ${name} with ${go}`);
    await run("go", ["build", ...goBuildFlags(source), "-o", join(draft, "bin", name), path], {
      ...options,
      onLine: (line) => step.detail(line),
    });
  }
  return { go };
}

/** Puts another tool's binaries into `draft/bin`, by hard link where the file system allows it. */
export function takeBinaries(part: ProvidedTool, names: readonly string[], draft: string): void {
  for (const name of names) {
    const from = join(part.binDir, name);
    const to = join(draft, "bin", name);
    try {
      linkSync(from, to);
    } catch {
      copyFileSync(from, to);
    }
  }
}
