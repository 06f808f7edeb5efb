import type { Finding } from "../../kernel/finding.ts";

/** Every finding of the JetStream forecasts: stable codes, a sentence each. */
export const FINDING_CODES = {
  "name.duplicate": "two declarations make the same stream or consumer",
  "subjects.overlap": "two streams would capture the same subject, which the server refuses",
  "subjects.overlap-removed":
    "a stream that this run deletes still captures the subject, and deletions come last",
  "subjects.system-space": "a wildcard reaches into the server's own subjects, which newer servers refuse",
  "subjects.bucket-space":
    "a stream captures the space of buckets or object stores and blocks those made later",
  "subjects.orphaned": "messages of a dropped subject stay in the stream",
  "origin.cycle": "streams copy from each other in a circle",
  "origin.missing": "a mirror or source names a stream that is not there",
  "origin.deleted": "a stream goes that others copy from",
  "order.cycle": "changes wait for each other and can't be made in one run",
  "replicas.even": "an even number of replicas stands no more failures than one less",
  "replicas.standalone": "the server is not in a cluster and keeps one replica only",
  "replicas.and-placement": "scaling and moving are made in two steps",
  "storage.memory": "a single replica in memory loses everything at a restart",
  "history.raised": "watchers of a bucket will see more than the latest revision",
  "data-loss.max-bytes": "a lower max_bytes deletes the oldest messages",
  "data-loss.max-msgs": "a lower max_msgs deletes the oldest messages",
  "data-loss.max-age": "a lower max_age deletes the oldest messages",
  "data-loss.max-msgs-per-subject": "a lower number per subject deletes the oldest of each",
  "data-loss.discard": "discard old enforces limits that are exceeded already",
  "data-loss.retention": "interest retention deletes what no consumer waits for",
  "data-loss.delete": "a resource that is no longer declared is deleted with what it holds",
  "data-loss.replace": "a replacement deletes what the resource holds",
  "writes-stop.max-bytes": "a max_bytes below what is held stops all writes",
  "writes-stop.max-msgs": "a max_msgs below what is held stops all writes",
  "removed.retained": "a resource that is no longer declared stays on the server",
  "change.refused": "the server can't make the change in place",
  "server.unsupported": "the server is too old for declared properties",
  "exists.identical": "an identical resource is there already and is not ours",
  "exists.different": "a different resource of that name is there already and is not ours",
  "exists.adopted": "a resource that is there already is taken over",
  "budget.exceeded": "more storage would be reserved than the limit allows",
  "budget.stream-limit": "max_bytes is above the account's limit for one stream",
  "budget.max-bytes-required": "the account requires every stream to have max_bytes",
  "budget.no-tier": "the account has no storage for that number of replicas",
  "limit.streams": "there would be more streams than the account allows",
  "limit.consumers": "there would be more consumers than the stream or account allows",
  "consumer.no-stream": "a consumer's stream is neither declared nor there",
  "consumer.undeclared-stream": "a consumer's stream is not declared in this stack",
  "consumer.filter": "a filter matches nothing that its stream captures",
  "consumer.replicas": "a consumer's replicas don't fit its stream's",
  "consumer.limits": "a consumer exceeds the limits that its stream or account sets",
  "consumer.workqueue": "consumers of a work queue would compete for the same messages or not acknowledge",
} as const satisfies Record<string, string>;

export type FindingCode = keyof typeof FINDING_CODES;

/** A finding whose code is in the table. */
export const finding = (fields: Omit<Finding, "code"> & { readonly code: FindingCode }): Finding => fields;
