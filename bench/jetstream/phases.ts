import type { Operation } from "../stack.ts";

/** What is measured, in the order in which it is done, from an empty stack to an empty stack. */
export const PHASES = [
  { name: "up", title: "up", operation: "up", limit: "before" },
  { name: "preview", title: "preview, unchanged", operation: "preview", limit: "before" },
  { name: "unchanged", title: "up, unchanged", operation: "up", limit: "before" },
  { name: "refresh", title: "refresh", operation: "refresh", limit: "before" },
  { name: "update", title: "update all", operation: "up", limit: "after" },
  { name: "destroy", title: "destroy", operation: "destroy", limit: "after" },
] as const satisfies readonly {
  readonly name: string;
  readonly title: string;
  readonly operation: Operation;
  readonly limit: "before" | "after";
}[];

export type Phase = (typeof PHASES)[number]["name"];
export type PerPhase<T> = Readonly<Record<Phase, T>>;
export const PHASE_NAMES: readonly Phase[] = PHASES.map(({ name }) => name);

export const perPhase = <T>(value: (phase: Phase) => T): PerPhase<T> =>
  Object.fromEntries(PHASE_NAMES.map((name) => [name, value(name)])) as PerPhase<T>;
