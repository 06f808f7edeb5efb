import { spawn } from "node:child_process";

const KEPT_OUTPUT_BYTES = 64 * 1024;

export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs,
    });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"])
      child[name].setEncoding("utf8").on("data", (text) => {
        out[name] = (out[name] + text).slice(-KEPT_OUTPUT_BYTES);
        const line = text.trimEnd().split("\n").pop();
        if (line) options.onLine?.(line);
      });
    child.on("error", (error) =>
      reject(new Error(error.code === "ENOENT" ? `${command} is not there` : `${command}: ${error.message}`)),
    );
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(out);
      const ended = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
      const message = `${command} ${args[0] ?? ""} ${ended}${lastLines(out.stderr || out.stdout)}`;
      reject(Object.assign(new Error(message), out));
    });
  });
}

const REASON_LINES = 4;
function lastLines(text) {
  const lines = text.trim().split("\n").filter(Boolean).slice(-REASON_LINES);
  return lines.length === 0 ? "" : `: ${lines.join(" | ")}`;
}
