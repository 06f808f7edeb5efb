import type { Finding } from "../kernel/finding.ts";
import { budgetFindings } from "./forecast/budget.ts";
import { existingFindings } from "./forecast/change.ts";
import { consumerFindings } from "./forecast/consumers.ts";
import { type Declared, declaredStorages, type LiveFacts } from "./forecast/declared.ts";
import { overlapFindings } from "./forecast/overlap.ts";
import { originFindings, removedConsumerFindings, removedFindings } from "./forecast/removed.ts";
import { serverFindings } from "./forecast/server.ts";

export { FINDING_CODES, type FindingCode } from "./forecast/codes.ts";
export type { Declared, LiveFacts } from "./forecast/declared.ts";
export { forecastOffline } from "./forecast/offline.ts";

/**
 * What bringing a server to what is declared would lose, refuse or exceed, told from one look at it. What can be said
 * without a look is `forecastOffline`'s, and not repeated here. Pure and deterministic.
 */
export const forecast = (declared: readonly Declared[], live: LiveFacts): Finding[] => {
  const storages = declaredStorages(declared, { version: live.server.version });
  return [
    ...storages.flatMap((storage) => [...serverFindings(storage, live), ...existingFindings(storage, live)]),
    ...removedFindings(storages, live),
    ...removedConsumerFindings(declared, storages, live),
    ...originFindings(storages, live),
    ...overlapFindings(storages, live),
    ...budgetFindings(storages, live),
    ...consumerFindings(declared, storages, live),
  ];
};
