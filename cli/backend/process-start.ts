import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** USER_HZ: what /proc counts in on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const STARTTIME_FIELD = 22;

/** When the process started, in milliseconds since the epoch; undefined when no such process runs. A zombie doesn't. */
export function processStartedAt(pid: number): number | undefined {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The command's name stands in parentheses and may hold anything; the third field is the first after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const bootedAt = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1]) * 1000;
  return bootedAt + (Number(fields[STARTTIME_FIELD - 3]) / TICKS_PER_SECOND) * 1000;
}

function fromPs(pid: number): number | undefined {
  try {
    const options = { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } } as const;
    const [state, ...started] = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], options)
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith("Z") ? undefined : Date.parse(started.join(" "));
  } catch {
    return undefined;
  }
}
