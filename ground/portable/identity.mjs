import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

// In /proc/<pid>/stat the command name is in parentheses and may itself hold spaces and parentheses, so fields are
// counted after the last one: state is field 3 of proc(5), start time (clock ticks since boot) is field 22.
const FIRST_FIELD_AFTER_NAME = 3;
const STATE_FIELD = 3;
const START_TIME_FIELD = 22;
const DEAD_STATES = new Set(["Z", "X", "x"]);

let bootId;

export function processIdentity(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return process.platform === "linux" ? linuxIdentity(pid) : posixIdentity(pid);
}

export const isAlive = (pid, startTime) => startTime !== undefined && processIdentity(pid) === startTime;

function linuxIdentity(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (DEAD_STATES.has(fields[STATE_FIELD - FIRST_FIELD_AFTER_NAME])) return undefined;
  // Ticks count from boot: without the boot's own id, a record from before a reboot could match by chance.
  bootId ??= readBootId();
  return `${bootId}/${fields[START_TIME_FIELD - FIRST_FIELD_AFTER_NAME]}`;
}

function readBootId() {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim().slice(0, 8);
  } catch {
    return "boot";
  }
}

function posixIdentity(pid) {
  try {
    const line = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const [state, ...start] = line.split(/\s+/);
    return state === undefined || state === "" || state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined;
  }
}
