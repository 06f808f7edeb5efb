import type { StreamConfig } from "../../clients/nats/wire.ts";
import { sameValue } from "./canonical.ts";
import { normalizeStream } from "./normalize.ts";
import { bytewise, show } from "./parsed.ts";

/** What makes a stream a bucket or an object store, apart from what may be declared. */
export interface Shape {
  readonly prefix: string;
  /** Undefined for a mirror, which captures nothing. */
  readonly subjects: readonly string[] | undefined;
  readonly fields: Partial<StreamConfig>;
}

/** Where a live stream deviates from a shape, a line each; empty when it has it. */
export const shapeProblems = (config: StreamConfig, shape: Shape): string[] => {
  const live = normalizeStream(config);
  const problems: string[] = [];
  if (!live.name.startsWith(shape.prefix)) {
    problems.push(`name is ${show(live.name)}: it has to start with ${shape.prefix}`);
  }
  if (shape.subjects !== undefined && !sameValue(live.subjects, shape.subjects)) {
    problems.push(`subjects is ${show(live.subjects)}: it has to be ${show(shape.subjects)}`);
  }
  const fields = Object.entries(shape.fields).sort(([a], [b]) => bytewise(a, b));
  for (const [field, wanted] of fields) {
    const value = live[field as keyof StreamConfig];
    if (!sameValue(value, wanted)) problems.push(`${field} is ${show(value)}: it has to be ${show(wanted)}`);
  }
  return problems;
};
