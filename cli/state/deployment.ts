import { z } from "zod";

/** The part of `pulumi stack export` that is read here; everything else rides along untouched. */
const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().optional(),
  id: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
  external: z.boolean().optional(),
  delete: z.boolean().optional(),
});
export type StateResource = z.output<typeof resource>;

const pendingOperation = z.looseObject({ resource, type: z.string() });
export type PendingOperation = z.output<typeof pendingOperation>;

export const checkpointSchema = z.looseObject({
  version: z.int(),
  deployment: z.looseObject({
    resources: z.array(resource).nullish(),
    pending_operations: z.array(pendingOperation).nullish(),
  }),
});
/** What `pulumi stack export` prints and `pulumi stack import` takes. */
export type Checkpoint = z.output<typeof checkpointSchema>;

export const resourcesOf = (checkpoint: Checkpoint): readonly StateResource[] =>
  checkpoint.deployment.resources ?? [];

/** The logical name: what comes after the last `::` that divides a URN's parts. */
export function nameOfUrn(urn: string): string {
  // urn:pulumi:<stack>::<project>::<types>::<name>, and a name may hold `::` itself.
  return urn.split("::").slice(3).join("::");
}

/** `urn:pulumi:dev::slipway::a:b:C$d:e:F::name` gives `d:e:F`. */
export const typeOfUrn = (urn: string): string => (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
