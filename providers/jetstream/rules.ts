import { z } from "zod";

/** A rule between properties of one declaration. */
export interface Rule<T> {
  /** The property that the message stands at. */
  readonly at: keyof T & string;
  /** The other properties that it looks at; with one of them wrong in itself, the rule is not judged. */
  readonly with?: readonly (keyof T & string)[];
  /** One line on what is wrong and what to do; undefined when the rule holds. */
  readonly problem: (value: T) => string | undefined;
}

/**
 * Judges all rules of a declaration, also when other properties are wrong in themselves: zod alone would first ask for
 * those to be mended, and a user would meet mistakes one at a time.
 */
export const holdsTo = <S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S =>
  schema.check(
    ...rules.map((rule) => {
      const looksAt = new Set<PropertyKey>([rule.at, ...(rule.with ?? [])]);
      return z.refine<z.output<S>>((value) => rule.problem(value) === undefined, {
        path: [rule.at],
        error: (issue) => rule.problem(issue.input as z.output<S>) ?? "",
        when: ({ value, issues }) =>
          typeof value === "object" &&
          value !== null &&
          !issues.some(
            ({ path, code }) =>
              code !== "unrecognized_keys" && (path?.[0] === undefined || looksAt.has(path[0])),
          ),
      });
    }),
  ) as S;
