import type { StreamConfig, StreamState } from "../../clients/nats/wire.ts";
import { atLeast } from "./version.ts";

export interface StoredMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const ZERO_TIME = "0001-01-01T00:00:00Z";
/** What a message costs beside its subject and payload, by storage (nats-server, `fileStoreMsgSize`, `memStoreMsgSize`). */
const OVERHEAD = { file: 30, memory: 16 } as const;
const NANOSECONDS_PER_MS = 1_000_000;

/** The messages of one stream, and what limits do to them, by server version. */
export class FakeStore {
  #messages: StoredMessage[] = [];
  #last = 0;
  #lastAt: number | undefined;
  readonly #version: string;
  readonly #overhead: number;

  constructor(config: StreamConfig, version: string) {
    this.#version = version;
    this.#overhead = OVERHEAD[config.storage ?? "file"];
    this.#last = Math.max(0, (config.first_seq ?? 0) - 1);
  }

  get messages(): readonly StoredMessage[] {
    return this.#messages;
  }

  get lastSeq(): number {
    return this.#last;
  }

  /** False when the stream is full and discards new messages. */
  append(config: StreamConfig, subject: string, data: string, at: number): boolean {
    const perSubject = config.max_msgs_per_subject ?? -1;
    const sameSubject = () => this.#messages.filter((message) => message.subject === subject).length;
    if (config.discard === "new") {
      if (config.discard_new_per_subject && perSubject > 0 && sameSubject() >= perSubject) return false;
      const size = this.#size({ subject, data });
      if (this.#over(config, 1, size)) return false;
    }
    this.#last += 1;
    this.#lastAt = at;
    this.#messages.push({ seq: this.#last, subject, data, at });
    if (perSubject > 0) this.#trimSubjects(perSubject, (candidate) => candidate === subject);
    this.#evictOldest(config);
    return true;
  }

  remove(seqs: ReadonlySet<number>): void {
    this.#messages = this.#messages.filter((message) => !seqs.has(message.seq));
  }

  purge(): void {
    this.#messages = [];
  }

  /** What an accepted update does to messages that are there. */
  applyUpdate(before: StreamConfig, after: StreamConfig, consumers: number, now: number): void {
    this.expire(after, now);
    const [had, has] = [before.max_msgs_per_subject ?? -1, after.max_msgs_per_subject ?? -1];
    // From unlimited to a limit, servers before 2.11 leave what is there until a subject is written again.
    const trims = had > 0 ? has < had : atLeast(this.#version, "2.11.0");
    if (has > 0 && trims) this.#trimSubjects(has, () => true);
    if (after.discard === "old" || !atLeast(this.#version, "2.10.0")) this.#evictOldest(after);
    const turnsToInterest = before.retention === "limits" && after.retention === "interest";
    if (turnsToInterest && consumers === 0 && atLeast(this.#version, "2.11.0")) this.purge();
  }

  expire(config: StreamConfig, now: number): void {
    const maxAge = (config.max_age ?? 0) / NANOSECONDS_PER_MS;
    if (maxAge > 0) this.#messages = this.#messages.filter((message) => now - message.at <= maxAge);
  }

  state(consumers: number): StreamState {
    const [first] = this.#messages;
    const subjects = new Set(this.#messages.map((message) => message.subject));
    return {
      messages: this.#messages.length,
      bytes: this.#bytes(),
      first_seq: first?.seq ?? this.#last + (this.#last > 0 ? 1 : 0),
      first_ts: first === undefined ? ZERO_TIME : new Date(first.at).toISOString(),
      last_seq: this.#last,
      last_ts: this.#lastAt === undefined ? ZERO_TIME : new Date(this.#lastAt).toISOString(),
      consumer_count: consumers,
      ...(subjects.size > 0 ? { num_subjects: subjects.size } : {}),
    };
  }

  perSubject(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { subject } of this.#messages) counts[subject] = (counts[subject] ?? 0) + 1;
    return counts;
  }

  #size({ subject, data }: { subject: string; data: string }): number {
    return subject.length + data.length + this.#overhead;
  }

  #bytes(): number {
    return this.#messages.reduce((sum, message) => sum + this.#size(message), 0);
  }

  #over(config: StreamConfig, messages: number, bytes: number): boolean {
    const [maxMessages, maxBytes] = [config.max_msgs ?? -1, config.max_bytes ?? -1];
    return (
      (maxMessages > 0 && this.#messages.length + messages > maxMessages) ||
      (maxBytes > 0 && this.#bytes() + bytes > maxBytes)
    );
  }

  #evictOldest(config: StreamConfig): void {
    while (this.#messages.length > 0 && this.#over(config, 0, 0)) this.#messages.shift();
  }

  #trimSubjects(keep: number, applies: (subject: string) => boolean): void {
    const seen = new Map<string, number>();
    const kept: StoredMessage[] = [];
    for (const message of [...this.#messages].reverse()) {
      const newer = seen.get(message.subject) ?? 0;
      seen.set(message.subject, newer + 1);
      if (newer < keep || !applies(message.subject)) kept.unshift(message);
    }
    this.#messages = kept;
  }
}
