import type { ConsumerInfo, StreamConfig } from "../../../clients/nats/wire.ts";
import type { Finding } from "../../kernel/finding.ts";
import { refusedConsumerChanges, unsupportedConsumer } from "../capabilities.ts";
import { consumerToConfig } from "../consumer/config.ts";
import { consumerDifferences } from "../consumer/normalize.ts";
import { markOf, supportsMark, withoutMark } from "../mark.ts";
import { show } from "../parsed.ts";
import { limitsFor } from "../reservation.ts";
import { isSubset } from "../subjects.ts";
import { atLeast } from "../version.ts";
import { type FindingCode, finding } from "./codes.ts";
import { checkAgainstStream } from "./consumer-stream.ts";
import {
  capturedBy,
  type Declared,
  type DeclaredConsumer,
  type DeclaredStorage,
  declaredConsumers,
  type LiveFacts,
} from "./declared.ts";

/** Servers before this refuse a filter outside of the stream's subjects. */
const TAKES_ANY_FILTER = "2.10.0";

/** Servers before this refuse a backoff without a larger maxDeliver, also where deliveries are unlimited. */
const COUNTS_BACKOFF_LOOSELY = "2.10.0";

/** What a look at the server tells of the declared consumers. */
export const consumerFindings = (
  declared: readonly Declared[],
  storages: readonly DeclaredStorage[],
  facts: LiveFacts,
): Finding[] => {
  const wanted = new Map(storages.map(({ stream, config }) => [stream, config]));
  const live = new Map(facts.streams.map(({ config }) => [config.name, config]));
  const consumers = declaredConsumers(declared);
  return [
    ...consumers.flatMap((consumer) => {
      const { stream } = consumer.input;
      const config = wanted.get(stream) ?? live.get(stream);
      if (config === undefined) return [noStream(consumer)];
      if (!wanted.has(stream) && leaves(config, facts)) return [streamLeaves(consumer)];
      // A declared stream was checked without a look already.
      const fit = wanted.has(stream)
        ? []
        : checkAgainstStream(consumer, config, siblings(consumer, consumers));
      return [...fit, ...withServer(consumer, config, facts), ...withLive(consumer, config, facts)];
    }),
    ...consumerCounts(consumers, wanted, facts),
  ];
};

const siblings = (consumer: DeclaredConsumer, all: readonly DeclaredConsumer[]): DeclaredConsumer[] =>
  all.filter((other) => other !== consumer && other.input.stream === consumer.input.stream);

const about = (
  consumer: DeclaredConsumer,
  code: FindingCode,
  property: string | undefined,
  message: string,
  remedy: string,
  severity: Finding["severity"] = "error",
): Finding =>
  finding({
    severity,
    code,
    resource: consumer.name,
    path: property === undefined ? consumer.path : `${consumer.path}.${property}`,
    message,
    facts: { stream: consumer.input.stream },
    remedy,
  });

/** Made by this stack, no longer declared, and not to be left behind. */
const leaves = (config: StreamConfig, { stackOwner }: LiveFacts): boolean => {
  const { owner, deletion } = markOf(config);
  return owner?.startsWith(stackOwner) === true && deletion !== "retain";
};

const streamLeaves = (consumer: DeclaredConsumer): Finding =>
  about(
    consumer,
    "consumer.no-stream",
    "stream",
    `stream ${consumer.input.stream} is no longer declared, and its deletion takes the consumer with it`,
    "declare the stream again, or take the consumer out too",
  );

const noStream = (consumer: DeclaredConsumer): Finding =>
  about(
    consumer,
    "consumer.no-stream",
    "stream",
    `stream ${consumer.input.stream} is neither declared nor there`,
    "correct the name, or declare the stream",
  );

const withServer = (
  consumer: DeclaredConsumer,
  stream: StreamConfig,
  { server, account }: LiveFacts,
): Finding[] => {
  const { input } = consumer;
  const found: Finding[] = [];
  const missing = unsupportedConsumer(consumerToConfig(input), server.version);
  if (missing.length > 0) {
    const list = missing.map(({ field, since }) => `${field} (since ${since})`).join(", ");
    const message = `server ${server.version} doesn't know ${list}`;
    found.push(
      about(consumer, "server.unsupported", undefined, message, "leave them out, or update the server"),
    );
  }
  const waits = input.backoff?.length ?? 0;
  if (waits > 0 && (input.maxDeliver ?? 0) <= waits && !atLeast(server.version, COUNTS_BACKOFF_LOOSELY)) {
    const message = `has ${waits} waits: server ${server.version} wants a maxDeliver of more than that`;
    const remedy = `give maxDeliver, ${waits + 1} or more, or update the server`;
    found.push(about(consumer, "server.unsupported", "backoff", message, remedy));
  }
  const outside = filtersOutside(input, stream);
  if (outside.length > 0 && !atLeast(server.version, TAKES_ANY_FILTER)) {
    const message = `${outside.map(show).join(", ")} is not within one of the subjects of stream ${stream.name}, as server ${server.version} wants it`;
    found.push(
      about(consumer, "consumer.filter", "filterSubject", message, "narrow the filter, or update the server"),
    );
  }
  const most = limitsFor(account, stream)?.max_ack_pending ?? -1;
  if (most > 0 && typeof input.maxAckPending === "number" && input.maxAckPending > most) {
    const message = `${input.maxAckPending} is more than the ${most} that the account allows`;
    found.push(about(consumer, "consumer.limits", "maxAckPending", message, `take at most ${most}`));
  }
  return found;
};

const filtersOutside = (input: DeclaredConsumer["input"], stream: StreamConfig): string[] => {
  if (stream.mirror !== undefined || (stream.sources ?? []).length > 0) return [];
  const filters = input.filterSubjects ?? (input.filterSubject === undefined ? [] : [input.filterSubject]);
  return filters.filter((filter) => !isSubset(filter, capturedBy(stream)));
};

const withLive = (consumer: DeclaredConsumer, stream: StreamConfig, facts: LiveFacts): Finding[] => {
  const live = facts.consumers.get(stream.name)?.find(({ name }) => name === consumer.input.durable);
  if (live === undefined) return [];
  const takeover = takeoverFinding(consumer, live, stream, facts);
  if (takeover?.severity === "error") return [takeover];
  const { version } = facts.server;
  const severity = consumer.input.allowReplace === true ? "warning" : "error";
  const refused = refusedConsumerChanges(live.config, wantedConfig(consumer, live), version).map(
    ({ path, before, after, reason }) =>
      about(
        consumer,
        "change.refused",
        path,
        `${path} from ${show(before)} to ${show(after)}: ${reason}${severity === "warning" ? ", so it is made again behind its last acknowledged message" : ""}`,
        "set allowReplace: true to have it made again behind its last acknowledged message, or keep the property as it is",
        severity,
      ),
  );
  return [...(takeover === undefined ? [] : [takeover]), ...refused];
};

/** A consumer that was made again at its ack floor starts elsewhere than declared: that is no change. */
const wantedConfig = (consumer: DeclaredConsumer, live: ConsumerInfo) => {
  const wanted = consumerToConfig(consumer.input);
  if (live.config.metadata?.["slipway.resumed"] === undefined) return wanted;
  const { deliver_policy: _policy, opt_start_seq: _seq, opt_start_time: _time, ...rest } = wanted;
  const { deliver_policy, opt_start_seq, opt_start_time } = live.config;
  return {
    ...rest,
    ...(deliver_policy === undefined ? {} : { deliver_policy }),
    ...(opt_start_seq === undefined ? {} : { opt_start_seq }),
    ...(opt_start_time === undefined ? {} : { opt_start_time }),
  };
};

const takeoverFinding = (
  consumer: DeclaredConsumer,
  live: ConsumerInfo,
  stream: StreamConfig,
  { server }: LiveFacts,
): Finding | undefined => {
  const { owner: ours, adopt = "never" } = consumer.input;
  if (ours === undefined || !supportsMark(server.version)) return undefined;
  const { owner } = markOf(live.config);
  if (owner === ours) return undefined;
  const different = consumerDifferences(
    withoutMark(live.config),
    wantedConfig(consumer, live),
    stream.consumer_limits,
  );
  const identical = different.length === 0;
  const holder = owner === undefined ? "is there already" : `is there already and belongs to ${owner}`;
  const compared = identical
    ? "nothing in it differs"
    : `it differs in ${different.map(({ field, before, after }) => `${field} (is ${show(before)}, declared ${show(after)})`).join("; ")}`;
  if (adopt === "always" || (adopt === "ifIdentical" && identical && owner === undefined)) {
    const message = `${holder} and is taken over: ${compared}`;
    return about(
      consumer,
      "exists.adopted",
      undefined,
      message,
      "remove adopt once it is taken over",
      identical ? "note" : "warning",
    );
  }
  const wide =
    identical && owner === undefined ? "ifIdentical to take it over" : "always to take it over and change it";
  return about(
    consumer,
    identical ? "exists.identical" : "exists.different",
    undefined,
    `${holder}: ${compared}`,
    `set adopt: ${wide}, or choose another name`,
  );
};

/** Consumers of one stream against its own limit and the account's. */
const consumerCounts = (
  consumers: readonly DeclaredConsumer[],
  wanted: ReadonlyMap<string, StreamConfig>,
  facts: LiveFacts,
): Finding[] => {
  const streams = [...new Set(consumers.map(({ input }) => input.stream))].sort();
  return streams.flatMap((stream) => {
    const config = wanted.get(stream) ?? facts.streams.find((live) => live.config.name === stream)?.config;
    if (config === undefined) return [];
    const there = new Set((facts.consumers.get(stream) ?? []).map(({ name }) => name));
    const created = consumers.filter(({ input }) => input.stream === stream && !there.has(input.durable));
    const limits = [config.max_consumers ?? -1, limitsFor(facts.account, config)?.max_consumers ?? -1];
    const limit = Math.min(...limits.filter((one) => one > 0));
    const total = there.size + created.length;
    const last = created.at(-1);
    if (last === undefined || total <= limit) return [];
    const message = `stream ${stream} would have ${total} consumers, ${limit} are allowed`;
    return about(last, "limit.consumers", "stream", message, "declare fewer, or raise the limit");
  });
};
