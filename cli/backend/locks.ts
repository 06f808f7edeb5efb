import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Lock, lockSchema } from "./lock.ts";

/** File backends know one organization. Source: pulumi, pkg/backend/diy. */
const ORGANIZATION = "organization";

export const lockFolder = (directory: string, project: string, stack: string): string =>
  join(directory, ".pulumi", "locks", ORGANIZATION, project, stack);

export interface LockFile extends Lock {
  /** Its name is random: another lock never has the same. */
  readonly file: string;
}

/** The stack's locks in a file backend. A file that vanishes or isn't a lock (yet) counts as none. */
export function readLocks(directory: string, project: string, stack: string): LockFile[] {
  const folder = lockFolder(directory, project, stack);
  return namesIn(folder).flatMap((name) => {
    const file = join(folder, name);
    try {
      const parsed = lockSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
      return parsed.success ? [{ ...parsed.data, file }] : [];
    } catch {
      return [];
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
