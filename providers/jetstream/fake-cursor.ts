import type { ConsumerConfig, ConsumerInfo } from "../../clients/nats/wire.ts";
import type { StoredMessage } from "./fake-store.ts";
import { collide } from "./subjects.ts";
import { atLeast } from "./version.ts";

/** Where one consumer stands: what was delivered to it, and what of that it acknowledged. */
export class FakeCursor {
  config: ConsumerConfig;
  readonly #start: number;
  /** Floor that an untouched consumer reports: zero before 2.11, the sequence before its first message since. */
  readonly #emptyFloor: number;
  #delivered = { consumer_seq: 0, stream_seq: 0 };
  readonly #pending = new Set<number>();
  readonly #acked = new Set<number>();

  constructor(config: ConsumerConfig, messages: readonly StoredMessage[], lastSeq: number, version: string) {
    this.config = config;
    this.#start = firstSeq(config, messages, lastSeq);
    this.#delivered.stream_seq = Math.max(0, this.#start - 1);
    this.#emptyFloor = atLeast(version, "2.11.0") ? this.#delivered.stream_seq : 0;
  }

  deliver(messages: readonly StoredMessage[], count: number, ack: boolean): StoredMessage[] {
    const next = messages.filter((message) => this.#ahead(message)).slice(0, count);
    for (const { seq } of next) {
      this.#delivered = { consumer_seq: this.#delivered.consumer_seq + 1, stream_seq: seq };
      if (ack || this.config.ack_policy === "none") this.#acked.add(seq);
      else this.#pending.add(seq);
    }
    return next;
  }

  /** Everything that is out. */
  acknowledge(): void {
    for (const seq of this.#pending) this.#acked.add(seq);
    this.#pending.clear();
  }

  acknowledged(seq: number): boolean {
    return this.#acked.has(seq);
  }

  needs(seq: number, subject: string): boolean {
    return seq >= this.#start && !this.#acked.has(seq) && this.#matches(subject);
  }

  info(
    messages: readonly StoredMessage[],
  ): Omit<ConsumerInfo, "stream_name" | "name" | "created" | "config"> {
    return {
      delivered: { ...this.#delivered },
      ack_floor: this.#floor(),
      num_ack_pending: this.#pending.size,
      num_redelivered: 0,
      num_waiting: 0,
      num_pending: messages.filter((message) => this.#ahead(message)).length,
    };
  }

  #floor(): { consumer_seq: number; stream_seq: number } {
    const lowestPending = Math.min(...this.#pending);
    const below = [...this.#acked].filter((seq) => seq < lowestPending);
    if (below.length === 0) return { consumer_seq: 0, stream_seq: this.#emptyFloor };
    return { consumer_seq: below.length, stream_seq: Math.max(...below) };
  }

  #ahead({ seq, subject }: StoredMessage): boolean {
    return seq > this.#delivered.stream_seq && this.#matches(subject);
  }

  #matches(subject: string): boolean {
    const filters =
      this.config.filter_subjects ?? (this.config.filter_subject ? [this.config.filter_subject] : []);
    return filters.length === 0 || filters.some((filter) => collide(filter, subject));
  }
}

function firstSeq(config: ConsumerConfig, messages: readonly StoredMessage[], lastSeq: number): number {
  switch (config.deliver_policy) {
    case "new":
      return lastSeq + 1;
    case "last":
      return messages.at(-1)?.seq ?? lastSeq + 1;
    case "last_per_subject": {
      const lasts = new Map(messages.map(({ subject, seq }) => [subject, seq]));
      return Math.min(lastSeq + 1, ...lasts.values());
    }
    case "by_start_sequence":
      return config.opt_start_seq ?? 1;
    case "by_start_time": {
      const from = Date.parse(config.opt_start_time ?? "");
      return messages.find(({ at }) => at >= from)?.seq ?? lastSeq + 1;
    }
    default:
      return 1;
  }
}
