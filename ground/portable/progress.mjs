const TICK_ON_TERMINAL_MS = 500;
const TICK_IN_LOG_MS = 15_000;
const CLEAR_LINE = "\r\x1b[2K";

export function createProgress(stream = process.stderr, now = Date.now) {
  return {
    say: (line) => stream.write(`${line}\n`),
    begin(label, left = 0) {
      const began = now();
      const rest = left > 0 ? `, ${left} more to go` : "";
      let detail = "";
      const line = () => {
        const text = `${label} (${elapsed(now() - began)}${rest})${detail ? `: ${detail}` : ""}`;
        return stream.isTTY && stream.columns ? text.slice(0, stream.columns - 1) : text;
      };
      const show = () => stream.write(stream.isTTY ? CLEAR_LINE + line() : `${line()}\n`);
      if (stream.isTTY) show();
      else stream.write(`${label}${rest}\n`);
      const ticking = setInterval(show, stream.isTTY ? TICK_ON_TERMINAL_MS : TICK_IN_LOG_MS);
      // A forgotten step must not keep the command from ending.
      ticking.unref();
      return {
        detail(text) {
          detail = text;
        },
        end(outcome) {
          clearInterval(ticking);
          stream.write(`${stream.isTTY ? CLEAR_LINE : ""}${label}: ${outcome} (${elapsed(now() - began)})\n`);
        },
      };
    },
  };
}

export const silentProgress = { say() {}, begin: () => ({ detail() {}, end() {} }) };

export function elapsed(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
