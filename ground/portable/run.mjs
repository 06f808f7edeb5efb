import { spawn } from "node:child_process";

const KEPT_OUTPUT_BYTES = 64 * 1024;
const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const interruption = passSignalsTo(child);
    if (child.pid !== undefined) options.onStart?.(child.pid);
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"])
      child[name].setEncoding("utf8").on("data", (text) => {
        out[name] = (out[name] + text).slice(-KEPT_OUTPUT_BYTES);
        const line = text.trimEnd().split("\n").pop();
        if (line) options.onLine?.(line);
      });
    const cancelTimeout = endAfter(child, options.timeoutMs);
    child.on("error", (error) => {
      interruption.stop();
      cancelTimeout();
      reject(new Error(error.code === "ENOENT" ? `${command} is not there` : `${command}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      interruption.stop();
      const timedOut = cancelTimeout();
      if (interruption.signal) return process.kill(process.pid, interruption.signal);
      if (code === 0) return resolve(out);
      const ended = timedOut
        ? `gave no answer within ${options.timeoutMs / 1000} s`
        : signal
          ? `was ended by ${signal}`
          : `failed with exit code ${code}`;
      const message = `${command} ${args[0] ?? ""} ${ended}${lastLines(out.stderr || out.stdout)}`;
      reject(Object.assign(new Error(message), out));
    });
  });
}

/**
 * A signal that ends this process ends the child first: an `npm ci` left at work would be in the way of the next one.
 * Once only, so that a second signal ends this process whatever the child does.
 */
function passSignalsTo(child) {
  const state = { signal: undefined, stop };
  function stop() {
    for (const signal of END_SIGNALS) process.off(signal, pass);
  }
  function pass(signal) {
    state.signal = signal;
    stop();
    child.kill(signal);
  }
  for (const signal of END_SIGNALS) process.on(signal, pass);
  return state;
}

/** Also lets go of the outputs: a shell script's own children hold them when the script is gone. */
function endAfter(child, timeoutMs) {
  if (timeoutMs === undefined) return () => false;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
    child.stdout.destroy();
    child.stderr.destroy();
  }, timeoutMs);
  return () => {
    clearTimeout(timer);
    return timedOut;
  };
}

const REASON_LINES = 4;
function lastLines(text) {
  const lines = text.trim().split("\n").filter(Boolean).slice(-REASON_LINES);
  return lines.length === 0 ? "" : `: ${lines.join(" | ")}`;
}
