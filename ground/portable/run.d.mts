export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
  /** Called with the pid. */
  readonly onStart?: (pid: number) => void;
  /** Called with the last line of each piece of output. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end and returns the last 64 KiB of each output. Rejects with one line (the end of what the
 * program said) when it is missing, fails, is killed, or takes longer than `timeoutMs`; the error then has both outputs
 * too, unless the program could not be started. A signal that ends this process ends the program first.
 */
export function run(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<{ stdout: string; stderr: string }>;
