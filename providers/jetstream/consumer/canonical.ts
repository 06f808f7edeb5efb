import { compact, unlessEmpty } from "../canonical.ts";
import {
  DEFAULT_ACK_WAIT,
  DEFAULT_MAX_WAITING,
  DEFAULT_PINNED_TTL,
  FLOW_CONTROL_HEARTBEAT,
} from "../defaults.ts";
import { sortedSet } from "../parsed.ts";
import type { ConsumerFields } from "./fields.ts";

const DEFAULTS = {
  adopt: "never",
  allowReplace: false,
  deletionPolicy: "delete",
  description: "",
  deliverPolicy: "all",
  ackPolicy: "explicit",
  replayPolicy: "instant",
  sampleFreq: 0,
  flowControl: false,
  headersOnly: false,
  memStorage: false,
  priorityPolicy: "none",
  metadata: {},
} as const;

/** The one form of a consumer's declaration. One filter has one spelling: filterSubject. */
export const canonicalConsumer = (consumer: ConsumerFields): ConsumerFields => {
  const filters = sortedSet([
    ...(consumer.filterSubject === undefined ? [] : [consumer.filterSubject]),
    ...(consumer.filterSubjects ?? []),
  ]);
  const backoff = unlessEmpty(consumer.backoff);
  return compact<ConsumerFields>(
    {
      ...consumer,
      backoff,
      filterSubject: filters.length === 1 ? filters[0] : undefined,
      filterSubjects: filters.length > 1 ? filters : undefined,
      priorityGroups: consumer.priorityGroups && unlessEmpty(sortedSet(consumer.priorityGroups)),
    },
    {
      ...DEFAULTS,
      ...(consumer.ackPolicy === "flow_control"
        ? { flowControl: true, idleHeartbeat: FLOW_CONTROL_HEARTBEAT }
        : {}),
      ackWait: backoff?.[0] ?? (acknowledges(consumer) ? DEFAULT_ACK_WAIT : undefined),
      maxWaiting: consumer.deliverSubject === undefined ? DEFAULT_MAX_WAITING : undefined,
      priorityTimeout: consumer.priorityPolicy === "pinned_client" ? DEFAULT_PINNED_TTL : undefined,
    },
  );
};

/** Whether messages are acknowledged one by one or up to one, which gives a wait its meaning. */
export const acknowledges = ({
  ackPolicy = DEFAULTS.ackPolicy,
}: Pick<ConsumerFields, "ackPolicy">): boolean => ackPolicy === "explicit" || ackPolicy === "all";
