import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Sum of the sizes of all files under `directory`, in bytes; 0 when it isn't there. Files that vanish meanwhile count as 0. */
export function dataBytes(directory: string): number {
  let sum = 0;
  for (const entry of list(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) sum += dataBytes(path);
    else sum += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

function list(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
