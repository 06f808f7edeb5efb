import type { StreamConfig } from "../../../clients/nats/wire.ts";
import type { Finding } from "../../kernel/finding.ts";
import type { ConsumerInput } from "../consumer/schema.ts";
import { durationMs, textDuration } from "../duration.ts";
import { normalizeStream } from "../normalize.ts";
import { show } from "../parsed.ts";
import { collide } from "../subjects.ts";
import { type FindingCode, finding } from "./codes.ts";
import { capturedBy, type DeclaredConsumer } from "./declared.ts";

/** What a consumer delivers; everything where it says nothing. */
const filtersOf = ({ filterSubject, filterSubjects }: ConsumerInput): readonly string[] =>
  filterSubjects ?? (filterSubject === undefined ? [">"] : [filterSubject]);

/** Whether a declared consumer fits its stream, whatever the server; `others` are declared on the same stream. */
export const checkAgainstStream = (
  consumer: DeclaredConsumer,
  config: StreamConfig,
  others: readonly DeclaredConsumer[],
): Finding[] => {
  const stream = normalizeStream(config);
  const found = (
    code: FindingCode,
    property: string,
    message: string,
    remedy: string,
    severity: Finding["severity"] = "error",
  ) =>
    finding({
      severity,
      code,
      resource: consumer.name,
      path: `${consumer.path}.${property}`,
      message,
      facts: { stream: stream.name },
      remedy,
    });
  return [
    ...emptyFilters(consumer.input, stream).map((filter) =>
      found(
        "consumer.filter",
        consumer.input.filterSubjects === undefined ? "filterSubject" : "filterSubjects",
        `${show(filter)} matches nothing that stream ${stream.name} captures (${capturedBy(stream).join(", ")})`,
        "correct the filter, or the stream's subjects",
        "warning",
      ),
    ),
    ...replicaProblems(consumer.input, stream).map((message) =>
      found("consumer.replicas", "replicas", message, "leave replicas out: it then has those of the stream"),
    ),
    ...limitProblems(consumer.input, stream).map(({ property, message }) =>
      found("consumer.limits", property, message, `lower it, or raise the stream's consumerLimits`),
    ),
    ...workQueueProblems(consumer, stream, others).map((message) =>
      found(
        "consumer.workqueue",
        "filterSubject",
        message,
        "give each consumer of a work queue subjects of its own",
      ),
    ),
    ...acknowledgementProblems(consumer.input, stream).map((message) =>
      found("consumer.workqueue", "ackPolicy", message, "take ackPolicy: explicit"),
    ),
  ];
};

/** A copy holds subjects that its origins tell, so nothing is known of them here. */
const emptyFilters = (consumer: ConsumerInput, stream: StreamConfig): string[] => {
  if (stream.mirror !== undefined || stream.sources !== undefined || stream.subject_transform !== undefined)
    return [];
  const captured = capturedBy(stream);
  return filtersOf(consumer).filter((filter) => !captured.some((subject) => collide(subject, filter)));
};

const replicaProblems = ({ replicas }: ConsumerInput, stream: StreamConfig): string[] => {
  const most = stream.num_replicas ?? 1;
  if (replicas === undefined || replicas === most) return [];
  if (replicas > most) return [`${replicas} replicas are more than the ${most} of stream ${stream.name}`];
  if (stream.retention === "limits") return [];
  return [
    `${replicas} replicas differ from the ${most} of stream ${stream.name}, which its ${stream.retention} retention forbids`,
  ];
};

const limitProblems = (
  consumer: ConsumerInput,
  stream: StreamConfig,
): { property: string; message: string }[] => {
  const { max_ack_pending: pending, inactive_threshold: threshold } = stream.consumer_limits ?? {};
  const found = [];
  const asked = consumer.maxAckPending;
  if (pending !== undefined && typeof asked === "number" && asked > pending) {
    found.push({
      property: "maxAckPending",
      message: `${asked} is more than the ${pending} that stream ${stream.name} allows`,
    });
  }
  const inactive = consumer.inactiveThreshold;
  if (threshold !== undefined && inactive !== undefined) {
    const most = textDuration(threshold);
    if (durationMs(inactive) > durationMs(most)) {
      found.push({
        property: "inactiveThreshold",
        message: `${inactive} is more than the ${most} that stream ${stream.name} allows`,
      });
    }
  }
  return found;
};

/** Each message of a work queue goes to one consumer, so their filters must not meet. */
const workQueueProblems = (
  consumer: DeclaredConsumer,
  stream: StreamConfig,
  others: readonly DeclaredConsumer[],
): string[] => {
  if (stream.retention !== "workqueue") return [];
  const own = filtersOf(consumer.input);
  const rival = others.find(
    (other) =>
      other.input.durable !== consumer.input.durable &&
      filtersOf(other.input).some((theirs) => own.some((mine) => collide(mine, theirs))),
  );
  return rival === undefined
    ? []
    : [`delivers subjects of work queue ${stream.name} that ${rival.name} delivers too`];
};

const acknowledgementProblems = ({ ackPolicy }: ConsumerInput, stream: StreamConfig): string[] =>
  stream.retention === "workqueue" && ackPolicy === "none"
    ? [`stream ${stream.name} is a work queue: its messages go when they are acknowledged`]
    : [];
