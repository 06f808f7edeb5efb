import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { readJsonFile, uniqueSuffix } from "./atomic-file.mjs";
import { isAlive, processIdentity } from "./identity.mjs";

const POLL_MS = 100;

export async function withLock(path, work, options = {}) {
  const release = await acquire(path, options);
  try {
    return await work();
  } finally {
    release();
  }
}

async function acquire(path, { onWait, signal } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  for (;;) {
    const release = tryAcquire(path);
    if (release) return release;
    const owner = readJsonFile(path);
    if (owner && !told) {
      told = true;
      onWait?.(owner.pid);
    }
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The lock file appears whole or not at all: it is written under another name and linked, and a link never replaces. */
export function tryAcquire(path) {
  const token = uniqueSuffix();
  const temporary = `${path}.${token}.new`;
  writeFileSync(
    temporary,
    JSON.stringify({ pid: process.pid, startTime: processIdentity(process.pid), token }),
  );
  try {
    for (;;) {
      try {
        linkSync(temporary, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      if (!removeIfStale(path)) return undefined;
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Two commands may find the same dead owner. Who removes that owner's file must hold a lock named after its token, so
 * that the slower one can't remove the lock that the faster one has taken meanwhile. That guard is a lock like any
 * other: were its owner killed too, the same rule clears it, one level down.
 */
function removeIfStale(path) {
  const owner = readJsonFile(path);
  if (owner === undefined && !existsSync(path)) return true;
  if (owner && isAlive(owner.pid, owner.startTime)) return false;
  // A file that can't be read (power was lost, the disk was full) has no living owner either.
  const releaseGuard = tryAcquire(`${path}.${owner?.token ?? "unreadable"}`);
  if (!releaseGuard) return false;
  try {
    if (readJsonFile(path)?.token === owner?.token) rmSync(path, { force: true });
    return true;
  } finally {
    releaseGuard();
  }
}
