#!/usr/bin/env node
// The first thing that runs, on whatever Node the machine has (18 or newer), from a fresh clone or any later state:
// it makes the checkout's dependencies match the lock file, provides a Node that runs TypeScript as it is, and goes on
// under that one. Everything it imports is dependency-free.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheHome } from "../ground/portable/cache.mjs";
import { installDependencies } from "../ground/portable/install.mjs";
import { provideNode } from "../ground/portable/node.mjs";
import { createProgress } from "../ground/portable/progress.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, "node_modules", ".bin", name);
const ROOMS = [
  "index.ts",
  "config",
  "survey",
  "components",
  "providers",
  "clients",
  "ground",
  "cli",
  "test",
  "bench",
];

/** Each command is one or more programs that Node runs; all run, and the first that fails decides the exit code. */
const COMMANDS = {
  "run-tests": (args) => [[bin("vitest"), "run", ...args]],
  "run-lint": () => [
    [bin("biome"), "check"],
    [bin("tsc"), "--noEmit"],
    [
      bin("depcruise"),
      "--config",
      ".dependency-cruiser.mjs",
      ...ROOMS.filter((room) => existsSync(join(root, room))),
    ],
  ],
  "run-format": (args) => [[bin("biome"), "check", "--write", ...args]],
  "run-bench": (args) => [[join(root, "bench", "main.ts"), ...args]],
};

async function main([command, ...args]) {
  const progress = createProgress();
  await installDependencies(root, process.env, progress);
  const node = await provideNode(process.env, progress);
  const env = {
    ...process.env,
    PATH: [dirname(node.path), process.env.PATH].filter(Boolean).join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheHome(process.env), "compile-cache"),
  };
  const ours = Object.hasOwn(COMMANDS, command ?? "");
  const programs = ours
    ? COMMANDS[command](args)
    : [[join(root, "cli", "main.ts"), ...process.argv.slice(2)]];
  // npm scripts run in the checkout; a user may type `slipway` in any folder below it.
  const cwd = ours ? root : process.cwd();
  const outcomes = [];
  for (const program of programs) {
    if (programs.length > 1)
      console.error(`== ${program[0].split("/").pop()} ${program.slice(1, 2).join(" ")}`);
    const outcome = await passThrough(node.path, program, { cwd, env });
    outcomes.push(outcome);
    if (outcome.signal) break;
  }
  const failed = outcomes.find(({ code, signal }) => code !== 0 || signal);
  if (failed?.signal) process.kill(process.pid, failed.signal);
  process.exitCode = failed ? (failed.code ?? 1) : 0;
}

function passThrough(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: "inherit" });
    // On a terminal Ctrl-C reaches the child by itself; a second SIGINT would make Pulumi stop without saving.
    const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    const forward = (signal) => {
      if (signal !== "SIGINT" || !onTerminal) child.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    const finish = () => {
      for (const signal of signals) process.off(signal, forward);
    };
    child.on("error", (error) => {
      finish();
      reject(error);
    });
    child.on("close", (code, signal) => {
      finish();
      resolve({ code, signal });
    });
  });
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
