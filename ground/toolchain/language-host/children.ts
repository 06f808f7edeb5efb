import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

const children = new Set<ChildProcess>();

/** Starts this very Node on a script. */
export const startNode = (args: readonly string[], options: SpawnOptions): ChildProcess =>
  startProgram(process.execPath, args, options);

/** Starts a program and remembers it as long as it runs. */
export function startProgram(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options);
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

export function stopChildren(signal: NodeJS.Signals): void {
  for (const child of children) child.kill(signal);
}
