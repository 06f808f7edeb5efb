import { z } from "zod";

/**
 * What the `--json` forms print: one object each, for pipelines. A field is never taken away or given another meaning;
 * new ones may come.
 */

const findingSchema = z.object({
  severity: z.enum(["error", "warning", "note"]),
  code: z.string(),
  resource: z.string(),
  path: z.string().optional(),
  message: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  remedy: z.string(),
});

const reasonSchema = z.object({
  /** Of the property: `subjects[0]`. */
  path: z.string(),
  /** Null where there is no value; `[secret]` for a secret one. */
  before: z.unknown(),
  /** `[known after up]` where only the run itself can tell. */
  after: z.unknown(),
});

const changeSchema = z.object({
  op: z.enum(["create", "update", "delete", "replace"]),
  /** Pulumi type token. */
  type: z.string(),
  /** Logical name. */
  name: z.string(),
  urn: z.string(),
  id: z.string().optional(),
  reasons: z.array(reasonSchema),
});
export type PlannedChange = z.output<typeof changeSchema>;

/** `slipway preview --json` */
export const planSchema = z.object({
  stack: z.string(),
  /** Bytewise by URN; the stack itself is not among them. */
  changes: z.array(changeSchema),
  summary: z.object({
    create: z.int(),
    update: z.int(),
    delete: z.int(),
    replace: z.int(),
    same: z.int(),
  }),
  findings: z.array(findingSchema),
  /** True when some ground could not be looked at, so that the findings are incomplete. */
  offline: z.boolean(),
  result: z.enum(["clean", "warnings", "errors", "failed"]),
  /** What the engine and the program said, findings excepted. */
  diagnostics: z.array(
    z.object({
      severity: z.enum(["error", "warning", "info"]),
      message: z.string(),
      urn: z.string().optional(),
    }),
  ),
});
export type PlanReport = z.output<typeof planSchema>;

const groundPartSchema = z.object({
  name: z.string(),
  running: z.boolean(),
  healthy: z.boolean(),
  url: z.string().nullable(),
  pid: z.int().nullable(),
  dataBytes: z.number().nullable(),
  log: z.string().nullable(),
});

/** `slipway ground status --json` */
export const groundSchema = z.object({
  /** False for a stack that names its own servers. */
  embedded: z.boolean(),
  parts: z.array(groundPartSchema),
});
export type GroundReport = z.output<typeof groundSchema>;

const statusResourceSchema = z.object({
  /** Pulumi type token: `pulumi-nodejs:dynamic/slipway:Stream`. */
  type: z.string(),
  /** Logical name. */
  name: z.string(),
  urn: z.string(),
  /** `stream/RESULTS` */
  id: z.string(),
  healthy: z.boolean(),
  /** Why it isn't; empty when it is. */
  problems: z.array(z.string()),
  /** Null where the server could not be asked, or the kind has none. */
  messages: z.number().nullable(),
  bytes: z.number().nullable(),
  /** Null when unlimited or not known. */
  maxBytes: z.number().nullable(),
  /** bytes / maxBytes, from 0. */
  fill: z.number().nullable(),
  consumers: z.int().nullable(),
});
export type StatusResource = z.output<typeof statusResourceSchema>;

const orphanSchema = z.object({
  id: z.string(),
  /** The mark on it: `<project>/<stack>/<logical name>`. */
  owner: z.string(),
  messages: z.number().nullable(),
  bytes: z.number().nullable(),
});
export type Orphan = z.output<typeof orphanSchema>;

/** `slipway status --json` */
export const statusSchema = z.object({
  stack: z.string(),
  ground: groundSchema,
  /** Bytewise by type and name. */
  resources: z.array(statusResourceSchema),
  /** On the server with this stack's mark, but not in its state: left by an interrupted run. */
  orphans: z.array(orphanSchema),
  /** True when every resource and every part of the ground is. */
  healthy: z.boolean(),
});
export type StatusReport = z.output<typeof statusSchema>;

const checkSchema = z.object({
  name: z.string(),
  status: z.enum(["ok", "warning", "missing"]),
  /** What is there. */
  found: z.string(),
  /** What is asked for; empty where nothing particular is. */
  wanted: z.string(),
  /** What to type to mend it; null when there is nothing to mend. */
  remedy: z.string().nullable(),
});
export type Check = z.output<typeof checkSchema>;

/** What any `--json` form prints instead when the command fails before it has anything to report. */
export const errorSchema = z.object({
  error: z.object({
    message: z.string(),
    /** What to type or change; null where nothing particular is known to help. */
    remedy: z.string().nullable(),
  }),
});
export type ErrorReport = z.output<typeof errorSchema>;

/** `slipway doctor --json` */
export const doctorSchema = z.object({ stack: z.string(), ok: z.boolean(), checks: z.array(checkSchema) });
export type DoctorReport = z.output<typeof doctorSchema>;
