import type { StreamInfo } from "../../../clients/nats/wire.ts";
import type { Finding } from "../../kernel/finding.ts";
import { bytewise, show } from "../parsed.ts";
import { SubjectIndex } from "../subject-index.ts";
import { collisionsBetween } from "../subjects.ts";
import { finding } from "./codes.ts";
import { capturedBy, type DeclaredStorage, type LiveFacts } from "./declared.ts";
import { removedStreams, staysBehind } from "./removed.ts";

/** Subjects that streams outside the declared set hold. Among declared ones, `forecastOffline` and the order see to it. */
export const overlapFindings = (storages: readonly DeclaredStorage[], facts: LiveFacts): Finding[] => {
  const declared = new Set(storages.map(({ stream }) => stream));
  const others = facts.streams.filter(({ config }) => !declared.has(config.name));
  const index = new SubjectIndex<StreamInfo>();
  for (const other of others) for (const subject of capturedBy(other.config)) index.add(subject, other);
  const going = new Set(
    removedStreams(storages, facts)
      .filter((removed) => !staysBehind(removed) && removed.renamed === undefined)
      .map(({ live }) => live.config.name),
  );
  // A replacement deletes the stream of the old name before the new one is made.
  const replaced = new Map(
    removedStreams(storages, facts).flatMap((removed) =>
      removed.renamed === undefined || staysBehind(removed)
        ? []
        : [[removed.live.config.name, removed.renamed] as const],
    ),
  );
  return storages.flatMap((storage) =>
    [...index.colliding(capturedBy(storage.config))]
      .sort((a, b) => bytewise(a.config.name, b.config.name))
      .filter(({ config }) => replaced.get(config.name) !== storage)
      .flatMap(({ config }) =>
        collisionsBetween(capturedBy(storage.config), capturedBy(config)).map(([own, other]) => {
          const leaves = going.has(config.name);
          return finding({
            severity: "error",
            code: leaves ? "subjects.overlap-removed" : "subjects.overlap",
            resource: storage.name,
            path: storage.pathOf("subjects"),
            message: leaves
              ? `${show(own)} overlaps ${show(other)} of stream ${config.name}, which goes only at the end of the run`
              : `${show(own)} overlaps ${show(other)} of stream ${config.name}, which is there already`,
            facts: { subject: own, other: config.name, otherSubject: other },
            remedy: leaves
              ? `make it two ups: first the one that removes ${config.name}, then this subject`
              : `narrow the subject, or take it out of ${config.name}`,
          });
        }),
      ),
  );
};
