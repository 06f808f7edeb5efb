/**
 * The JetStream API's own shapes, as they travel: durations in integer nanoseconds, sizes in bytes, -1 for unlimited.
 * Source: nats-server's `StreamConfig`, `ConsumerConfig` and API responses, 2.9 to 2.14.
 */

export interface Placement {
  cluster?: string;
  tags?: string[];
  preferred?: string;
}

export interface SubjectTransform {
  src?: string;
  dest: string;
}

export interface StreamSource {
  name: string;
  opt_start_seq?: number;
  opt_start_time?: string;
  filter_subject?: string;
  subject_transforms?: SubjectTransform[];
  external?: { api: string; deliver?: string };
  consumer?: { name?: string; deliver_subject?: string };
}

export interface StreamConfig {
  name: string;
  description?: string;
  subjects?: string[];
  retention?: "limits" | "interest" | "workqueue";
  storage?: "file" | "memory";
  max_consumers?: number;
  max_msgs?: number;
  max_bytes?: number;
  max_age?: number;
  max_msgs_per_subject?: number;
  max_msg_size?: number;
  discard?: "old" | "new";
  discard_new_per_subject?: boolean;
  num_replicas?: number;
  no_ack?: boolean;
  duplicate_window?: number;
  placement?: Placement;
  mirror?: StreamSource;
  sources?: StreamSource[];
  compression?: "none" | "s2";
  first_seq?: number;
  subject_transform?: SubjectTransform;
  consumer_limits?: { inactive_threshold?: number; max_ack_pending?: number };
  republish?: { src?: string; dest: string; headers_only?: boolean };
  allow_direct?: boolean;
  mirror_direct?: boolean;
  allow_rollup_hdrs?: boolean;
  deny_delete?: boolean;
  deny_purge?: boolean;
  sealed?: boolean;
  metadata?: Record<string, string>;
  allow_msg_ttl?: boolean;
  subject_delete_marker_ttl?: number;
  allow_msg_counter?: boolean;
  allow_atomic?: boolean;
  allow_msg_schedules?: boolean;
  persist_mode?: "default" | "async";
  allow_batched?: boolean;
}

export interface StreamState {
  messages: number;
  bytes: number;
  first_seq: number;
  /** RFC 3339; the zero time `0001-01-01T00:00:00Z` while the stream is empty. */
  first_ts: string;
  last_seq: number;
  last_ts: string;
  consumer_count: number;
  num_subjects?: number;
  num_deleted?: number;
  /** Only when asked for with `subjects_filter`. */
  subjects?: Record<string, number>;
}

export interface StreamInfo {
  /** Fields that this program doesn't know ride along in `config` and are sent back on update. */
  config: StreamConfig & Record<string, unknown>;
  /** RFC 3339; unchanged by updates, new after delete and create: the stream's identity. */
  created: string;
  state: StreamState;
  cluster?: { name?: string; leader?: string; replicas?: unknown[] };
}

export interface ConsumerConfig {
  name?: string;
  durable_name?: string;
  description?: string;
  deliver_policy?: "all" | "last" | "new" | "by_start_sequence" | "by_start_time" | "last_per_subject";
  opt_start_seq?: number;
  opt_start_time?: string;
  ack_policy?: "none" | "all" | "explicit" | "flow_control";
  ack_wait?: number;
  max_deliver?: number;
  backoff?: number[];
  filter_subject?: string;
  filter_subjects?: string[];
  replay_policy?: "instant" | "original";
  rate_limit_bps?: number;
  sample_freq?: string;
  max_waiting?: number;
  max_ack_pending?: number;
  flow_control?: boolean;
  idle_heartbeat?: number;
  headers_only?: boolean;
  max_batch?: number;
  max_expires?: number;
  max_bytes?: number;
  deliver_subject?: string;
  deliver_group?: string;
  inactive_threshold?: number;
  num_replicas?: number;
  mem_storage?: boolean;
  metadata?: Record<string, string>;
  pause_until?: string;
  priority_policy?: "none" | "overflow" | "pinned_client" | "prioritized";
  priority_groups?: string[];
  priority_timeout?: number;
}

export interface ConsumerInfo {
  stream_name: string;
  name: string;
  created: string;
  config: ConsumerConfig & Record<string, unknown>;
  delivered: { consumer_seq: number; stream_seq: number };
  ack_floor: { consumer_seq: number; stream_seq: number };
  num_ack_pending: number;
  num_redelivered: number;
  num_waiting: number;
  num_pending: number;
}

export interface AccountLimits {
  max_memory: number;
  max_storage: number;
  max_streams: number;
  max_consumers: number;
  max_ack_pending?: number;
  memory_max_stream_bytes?: number;
  storage_max_stream_bytes?: number;
  max_bytes_required?: boolean;
}

export interface AccountInfo {
  memory: number;
  storage: number;
  streams: number;
  consumers: number;
  limits: AccountLimits;
  /** JWT accounts with tiered limits only: `R1`, `R3`; the top-level limits are zero then. */
  tiers?: Record<
    string,
    { memory: number; storage: number; streams: number; consumers: number; limits: AccountLimits }
  >;
  api: { total: number; errors: number; level?: number };
  domain?: string;
}

/** What the connection itself tells of the server. */
export interface ServerInfo {
  /** `2.14.9` */
  version: string;
  /** Name of the cluster, absent on a standalone server. */
  cluster?: string;
  /** Largest message in bytes. */
  maxPayload: number;
}
