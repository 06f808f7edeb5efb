import type { MessagingDeclarations } from "../schema.ts";

const QUARTER = "90d";
const MONTH = "30d";
const WEEK = "7d";

/** What the preset reserves when nothing is overridden: nine capped resources, in bytes. */
export const FLEET_RESERVED_BYTES = 11_609_833_472;

/**
 * The messaging of a fleet of agents: 7 streams, 13 buckets, 5 object stores.
 *
 * The streams are replay buffers in front of a database. Their caps are backstops against runaway output: the file
 * store shares a disk with the database, and when it fills, every publish fails, bucket writes included; with caps the
 * failure is a shorter history on one stream.
 */
export const fleetPreset: MessagingDeclarations = {
  streams: {
    INVENTORY: { subjects: ["inventory.>"], maxAge: QUARTER, maxBytes: "1GiB" },
    RESULTS: { subjects: ["results.>"], maxAge: MONTH, maxBytes: "2GiB" },
    // The latest command per target; a reconnecting agent reads it with deliver-last-per-subject.
    EXEC: { subjects: ["commands.>"], maxAge: WEEK, maxBytes: "64MiB", maxMsgsPerSubject: 1 },
    EVENTS: { subjects: ["events.>"], maxAge: WEEK, maxBytes: "256MiB" },
    AUDIT: { subjects: ["audit.>"], maxAge: QUARTER, maxBytes: "512MiB" },
    OBS_EVENTS: { subjects: ["obs.>"], maxAge: QUARTER, maxBytes: "512MiB" },
    NOTIFICATIONS: { subjects: ["notifications.>"], maxAge: QUARTER, maxBytes: "512MiB" },
  },
  // History is semantic: where only the latest value counts, replaying older revisions on reconnect does harm.
  buckets: {
    script_current: { history: 5 },
    script_status: { history: 5 },
    agents_state: { history: 1 },
    agent_config: { history: 1 },
    agent_groups: { history: 1 },
    group_contacts: { history: 5 },
    schedules: { history: 5 },
    jobs: { history: 5 },
    fleet_config: { history: 1 },
    server_settings: { history: 1 },
    notifications_read: { history: 1 },
    jobs_yaml: { history: 5 },
    schedules_yaml: { history: 5 },
  },
  objectStores: {
    agent_releases: {},
    app_packages: {},
    scripts: {},
    result_output: { ttl: MONTH, maxBytes: "1GiB" },
    collections: { ttl: MONTH, maxBytes: "5GiB" },
  },
  consumers: {},
};

/** Ages that must be equal, because a row in one place points at data in the other. */
export const fleetInvariants: readonly {
  readonly left: string;
  readonly right: string;
  readonly why: string;
}[] = [
  {
    left: "objectStores.result_output.ttl",
    right: "streams.RESULTS.maxAge",
    why: "a result must never point at output that is gone already",
  },
  {
    left: "streams.EVENTS.maxAge",
    right: "streams.EXEC.maxAge",
    why: "a revocation must live as long as the command that it revokes",
  },
  {
    left: "streams.NOTIFICATIONS.maxAge",
    right: "streams.INVENTORY.maxAge",
    why: "missed notifications are replayed over the same window as the inventory",
  },
];
