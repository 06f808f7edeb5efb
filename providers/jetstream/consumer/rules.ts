import { FLOW_CONTROL_HEARTBEAT } from "../defaults.ts";
import { show } from "../parsed.ts";
import type { Rule } from "../rules.ts";
import { covers } from "../subjects.ts";
import type { ConsumerFields } from "./fields.ts";

const PUSH_ONLY = ["deliverGroup", "rateLimitBps", "flowControl", "idleHeartbeat"] as const;
const PULL_ONLY = ["maxWaiting", "maxBatch", "maxExpires", "maxBytes"] as const;

const isSet = (value: unknown): boolean => value !== undefined && value !== false;

const onlyWhen = (at: keyof ConsumerFields, push: boolean, hint: string): Rule<ConsumerFields> => ({
  at,
  with: ["deliverSubject"],
  problem: (consumer) =>
    isSet(consumer[at]) && (consumer.deliverSubject !== undefined) !== push
      ? `is for ${push ? "push" : "pull"} consumers only: remove it, or ${hint}`
      : undefined,
});

/** Where a consumer starts goes with one property that says it, and with no other. */
const startRule = (
  at: "optStartSeq" | "optStartTime",
  policy: "by_start_sequence" | "by_start_time",
): Rule<ConsumerFields> => ({
  at,
  with: ["deliverPolicy"],
  problem: (consumer) => {
    const { deliverPolicy = "all" } = consumer;
    if (deliverPolicy === policy && consumer[at] === undefined)
      return `is missing: deliverPolicy ${policy} needs it`;
    if (deliverPolicy !== policy && consumer[at] !== undefined) {
      return `goes with deliverPolicy ${policy} only, not with ${deliverPolicy}: change one of them`;
    }
    return undefined;
  },
});

/** Rules between properties; source: nats-server's checkConsumerCfg, versions 2.9 to 2.14. */
export const CONSUMER_RULES: readonly Rule<ConsumerFields>[] = [
  ...PUSH_ONLY.map((at) => onlyWhen(at, true, "give a deliverSubject")),
  ...PULL_ONLY.map((at) => onlyWhen(at, false, "remove deliverSubject")),
  startRule("optStartSeq", "by_start_sequence"),
  startRule("optStartTime", "by_start_time"),
  {
    at: "filterSubject",
    with: ["deliverPolicy", "filterSubjects"],
    problem: ({ deliverPolicy, filterSubject, filterSubjects }) =>
      deliverPolicy === "last_per_subject" &&
      filterSubject === undefined &&
      (filterSubjects ?? []).length === 0
        ? "is missing: deliverPolicy last_per_subject needs it; give the stream's subjects for everything"
        : undefined,
  },
  {
    at: "filterSubjects",
    with: ["filterSubject"],
    problem: ({ filterSubject, filterSubjects }) =>
      filterSubject !== undefined && (filterSubjects ?? []).length > 0
        ? "is there together with filterSubject: put all filters in filterSubjects"
        : undefined,
  },
  {
    at: "filterSubjects",
    problem: ({ filterSubjects = [] }) => {
      const inner = filterSubjects.find((a) => filterSubjects.some((b) => a !== b && covers(b, a)));
      return inner === undefined
        ? undefined
        : `${show(inner)} is within another filter: filters must not overlap; remove it`;
    },
  },
  {
    at: "backoff",
    with: ["maxDeliver"],
    problem: ({ backoff, maxDeliver }) =>
      backoff !== undefined && maxDeliver !== undefined && backoff.length > maxDeliver
        ? `has ${backoff.length} waits for maxDeliver ${maxDeliver}: at most ${maxDeliver} of them`
        : undefined,
  },
  {
    at: "backoff",
    problem: ({ backoff }) =>
      backoff?.includes("0s") === true
        ? "has a wait of zero: each wait is longer than that; change it"
        : undefined,
  },
  {
    at: "ackWait",
    with: ["backoff"],
    problem: ({ ackWait, backoff }) =>
      ackWait !== undefined && backoff !== undefined && backoff.length > 0 && ackWait !== backoff[0]
        ? `${ackWait} would be overridden by the first backoff ${backoff[0]}: remove one of them`
        : undefined,
  },
  {
    at: "ackWait",
    with: ["ackPolicy"],
    problem: ({ ackWait, ackPolicy }) =>
      ackWait !== undefined && (ackPolicy === "none" || ackPolicy === "flow_control")
        ? `has no meaning with ackPolicy ${ackPolicy}: remove it`
        : undefined,
  },
  {
    at: "maxAckPending",
    with: ["ackPolicy"],
    problem: ({ maxAckPending, ackPolicy }) =>
      maxAckPending !== undefined && ackPolicy === "none"
        ? "has no meaning with ackPolicy none: remove it, or acknowledge"
        : undefined,
  },
  {
    at: "flowControl",
    with: ["idleHeartbeat", "ackPolicy"],
    problem: ({ flowControl, idleHeartbeat, ackPolicy }) =>
      flowControl === true && idleHeartbeat === undefined && ackPolicy !== "flow_control"
        ? "needs an idleHeartbeat: give one, such as 5s"
        : undefined,
  },
  {
    at: "ackPolicy",
    with: ["deliverSubject", "flowControl", "idleHeartbeat", "maxDeliver", "backoff", "maxAckPending"],
    problem: (consumer) => {
      if (consumer.ackPolicy !== "flow_control") return undefined;
      if (consumer.deliverSubject === undefined)
        return "flow_control is for push consumers: give a deliverSubject";
      if (consumer.flowControl === false)
        return "flow_control turns flowControl on: remove flowControl: false";
      if ((consumer.idleHeartbeat ?? FLOW_CONTROL_HEARTBEAT) !== FLOW_CONTROL_HEARTBEAT) {
        return `flow_control has an idleHeartbeat of ${FLOW_CONTROL_HEARTBEAT}: remove idleHeartbeat`;
      }
      if (consumer.maxDeliver !== undefined || consumer.backoff !== undefined) {
        return "flow_control delivers once: remove maxDeliver and backoff";
      }
      return consumer.maxAckPending === "unlimited"
        ? "flow_control needs a limit: give maxAckPending a number"
        : undefined;
    },
  },
  {
    at: "priorityPolicy",
    with: ["priorityGroups", "priorityTimeout", "deliverSubject"],
    problem: ({ priorityPolicy = "none", priorityGroups = [], priorityTimeout, deliverSubject }) => {
      if (priorityPolicy === "none") {
        return priorityGroups.length > 0 || priorityTimeout !== undefined
          ? "is none, but priorityGroups or priorityTimeout are given: choose a policy, or remove them"
          : undefined;
      }
      if (deliverSubject !== undefined) return "is for pull consumers only: remove it, or deliverSubject";
      return priorityGroups.length === 0
        ? `${priorityPolicy} needs priorityGroups: give at least one`
        : undefined;
    },
  },
];
