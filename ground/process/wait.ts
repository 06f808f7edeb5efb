/** How often a condition is looked at again: short against what is waited for (process starts and ends). */
const POLL_MS = 25;

/**
 * The first defined value that `look` gives, or undefined when `timeoutMs` have passed without one. `look` is called at
 * least once.
 */
export async function waitFor<T>(
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined || performance.now() >= deadline) return value;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
