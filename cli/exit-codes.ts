/** What the exit code of every command means; the same in `--help` and docs/cli.md. */
export const EXIT = {
  /** Done, or nothing to do. */
  ok: 0,
  /** Something failed, is unhealthy or missing, or the survey found errors. */
  failed: 1,
  /** The command was typed wrongly, or a preview has warnings and `--fail-on warning` was given. */
  usage: 2,
  /** 128 + SIGINT, as shells report it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
