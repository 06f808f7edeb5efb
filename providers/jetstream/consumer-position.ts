import type { ConsumerConfig, ConsumerInfo } from "../../clients/nats/wire.ts";
import { stableText } from "./canonical.ts";

/**
 * Where a consumer that is made anew has to start, so that nothing that was acknowledged comes again and nothing else
 * is passed over.
 */
export type Position = Pick<ConsumerConfig, "deliver_policy" | "opt_start_seq" | "opt_start_time">;

/**
 * The position behind the last message up to which everything was acknowledged.
 *
 * An untouched consumer of a server before 2.11 reports a floor of zero wherever it started; then its own start counts.
 * For `last` and `last_per_subject` on such a server it can't be told, and delivery begins at the stream's first message:
 * rather once more than never.
 */
export function resumePosition({ config, ack_floor, delivered, created, ...info }: ConsumerInfo): Position {
  const acknowledged =
    config.ack_policy === "none" || info.num_ack_pending === 0 ? delivered.stream_seq : ack_floor.stream_seq;
  if (
    acknowledged === 0 &&
    config.deliver_policy === "by_start_time" &&
    config.opt_start_time !== undefined
  ) {
    return { deliver_policy: "by_start_time", opt_start_time: config.opt_start_time };
  }
  if (acknowledged === 0 && config.deliver_policy === "new") {
    return { deliver_policy: "by_start_time", opt_start_time: created };
  }
  const first = config.deliver_policy === "by_start_sequence" ? (config.opt_start_seq ?? 1) : 1;
  return { deliver_policy: "by_start_sequence", opt_start_seq: Math.max(acknowledged + 1, first) };
}

export const positionOf = (config: ConsumerConfig): Position => {
  const position: Position = {};
  if (config.deliver_policy !== undefined) position.deliver_policy = config.deliver_policy;
  if (config.opt_start_seq) position.opt_start_seq = config.opt_start_seq;
  if (config.opt_start_time !== undefined) position.opt_start_time = config.opt_start_time;
  return position;
};

/** The config with another position. */
export const at = <C extends ConsumerConfig>(config: C, position: Position): C => {
  const { deliver_policy: _policy, opt_start_seq: _seq, opt_start_time: _time, ...rest } = config;
  return { ...rest, ...position } as C;
};

export const samePosition = (a: ConsumerConfig, b: ConsumerConfig): boolean =>
  stableText(positionOf(a)) === stableText(positionOf(b));
