import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export function findOnPath(name, env) {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    // A relative folder would make the answer depend on where the command was typed.
    if (isAbsolute(folder) && isExecutable(file)) return file;
  }
  return undefined;
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
