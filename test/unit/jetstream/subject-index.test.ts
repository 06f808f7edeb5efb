import fc from "fast-check";
import { expect, it } from "vitest";
import { SubjectIndex } from "../../../providers/jetstream/subject-index.ts";
import { collide } from "../../../providers/jetstream/subjects.ts";

const token = fc.constantFrom("a", "b", "*");
const subject = fc
  .tuple(fc.array(token, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, tail]) => [...tokens, ...(tail ? [">"] : [])].join("."));
const subjects = fc.array(fc.oneof(subject, fc.constant(">")), { maxLength: 8 });

it("finds what a look at each pair finds", () => {
  fc.assert(
    fc.property(subjects, subjects, (held, asked) => {
      const index = new SubjectIndex<number>();
      held.forEach((each, i) => {
        index.add(each, i);
      });
      const pairwise = held.flatMap((each, i) => (asked.some((other) => collide(each, other)) ? [i] : []));
      expect([...index.colliding(asked)].sort((a, b) => a - b)).toEqual(pairwise);
    }),
    { numRuns: 2_000 },
  );
});
