const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const STEP = 1024;
const BAR_CELLS = 10;
/** A stack that is fuller than this is worth a second look. */
export const NEARLY_FULL = 0.9;

/** `0 B`, `1.5 KiB`, `2 GiB`: three digits at most, binary units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 would be shown as 1024 of the smaller unit.
  while (Math.abs(value) >= STEP - 0.05 && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${UNITS[unit]}`;
}

/** `12,345`. */
export const formatCount = (count: number): string =>
  String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, ",");

/** `850 ms`, `3.2 s`, `1 min 5 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** `3 streams`, `1 stream`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A share from 0 up (more than 1 when a limit was lowered under what is stored) as a bar and a per cent. */
export function fillBar(share: number): string {
  const cells = Math.min(BAR_CELLS, Math.max(share > 0 ? 1 : 0, Math.round(share * BAR_CELLS)));
  const percent = share > 0 && share < 0.01 ? "<1" : String(Math.floor(share * 100));
  return `${"█".repeat(cells)}${"░".repeat(BAR_CELLS - cells)} ${percent.padStart(3)}%`;
}
