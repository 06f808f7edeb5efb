import { describe, expect, it } from "vitest";
import { type StatusReport, statusSchema } from "../../../cli/contracts.ts";
import type { StateResource } from "../../../cli/state/deployment.ts";
import { renderStatus } from "../../../cli/status/render.ts";
import { parseResourceId, storageIdOf } from "../../../cli/status/resource-id.ts";
import { type Look, orphansOf, type Reading, statusRows } from "../../../cli/status/rows.ts";
import { plainStyle } from "../../../cli/terminal/style.ts";
import type { ConsumerInfo, StreamConfig, StreamInfo } from "../../../clients/nats/wire.ts";
import { withMark } from "../../../providers/jetstream/mark.ts";

const OWNER = "slipway/dev/";
const typeOf = (kind: string) => `pulumi-nodejs:dynamic/slipway:${kind}`;
const urnOf = (kind: string, name: string) => `urn:pulumi:dev::slipway::${typeOf(kind)}::${name}`;

const resource = (kind: string, id: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: urnOf(kind, `fleet-messaging-${id.split("/").at(-1)}`),
  type: typeOf(kind),
  custom: true,
  id,
  ...more,
});

const stream = (config: StreamConfig, more: Partial<StreamInfo> = {}): StreamInfo => ({
  config: config as StreamInfo["config"],
  created: "2026-11-21T10:00:00Z",
  state: { messages: 3, bytes: 512, first_seq: 1, first_ts: "", last_seq: 3, last_ts: "", consumer_count: 1 },
  ...more,
});

const consumer = (stream_name: string, name: string, owner?: string): ConsumerInfo => ({
  stream_name,
  name,
  created: "2026-11-21T10:00:00Z",
  config: withMark<ConsumerInfo["config"]>({ durable_name: name }, owner === undefined ? {} : { owner }),
  delivered: { consumer_seq: 0, stream_seq: 0 },
  ack_floor: { consumer_seq: 0, stream_seq: 0 },
  num_ack_pending: 2,
  num_redelivered: 0,
  num_waiting: 0,
  num_pending: 5,
});

const look = (
  streams: readonly StreamInfo[],
  readings: Readonly<Record<string, Reading>> = {},
  consumers: readonly ConsumerInfo[] = [],
): Look => ({
  readings: new Map(Object.entries(readings)),
  streams: new Map(streams.map((info) => [info.config.name, info])),
  consumers,
});

const results = resource("Stream", "stream/RESULTS");
const same: Reading = { state: "same" };

describe("statusRows", () => {
  it("joins the state with what the server says", () => {
    const rows = statusRows(
      [results],
      look([stream({ name: "RESULTS", max_bytes: 1024 })], { [results.urn]: same }),
    );
    expect(rows).toEqual([
      {
        type: "pulumi-nodejs:dynamic/slipway:Stream",
        name: "fleet-messaging-RESULTS",
        urn: results.urn,
        id: "stream/RESULTS",
        healthy: true,
        problems: [],
        messages: 3,
        bytes: 512,
        maxBytes: 1024,
        fill: 0.5,
        consumers: 1,
      },
    ]);
  });

  it("finds a bucket's stream by its id, and knows no fill where there is no limit", () => {
    const jobs = resource("KeyValue", "kv/jobs");
    const [row] = statusRows(
      [jobs],
      look([stream({ name: "KV_jobs", max_bytes: -1 })], { [jobs.urn]: same }),
    );
    expect(row).toMatchObject({ healthy: true, messages: 3, maxBytes: null, fill: null });
  });

  it("shows a consumer's backlog", () => {
    const archive = resource("Consumer", "consumer/RESULTS/archive");
    const there = look([stream({ name: "RESULTS" })], { [archive.urn]: same }, [
      consumer("RESULTS", "archive"),
    ]);
    expect(statusRows([archive], there)[0]).toMatchObject({ healthy: true, messages: 7, bytes: null });
  });

  it.each<[string, Reading | undefined, RegExp]>([
    ["gone", { state: "gone" }, /^is gone from the server/],
    ["not to be read", { state: "unknown", why: "no answer" }, /^no answer$/],
    ["never looked at", undefined, /^was not looked at$/],
    [
      "changed outside",
      { state: "differs", properties: [{ property: "maxBytes", stored: "2GiB", live: undefined }] },
      /^maxBytes is unset, not "2GiB": changed outside of Slipway$/,
    ],
  ])("is unhealthy when it is %s", (_, reading, problem) => {
    const [row] = statusRows([results], look([], reading === undefined ? {} : { [results.urn]: reading }));
    expect(row?.healthy).toBe(false);
    expect(row?.problems).toEqual([expect.stringMatching(problem)]);
  });

  it("is unhealthy in a cluster without a leader, and never for that reason on a standalone server", () => {
    const at = (cluster: StreamInfo["cluster"]) => {
      const info = stream({ name: "RESULTS" }, cluster === undefined ? {} : { cluster });
      return statusRows([results], look([info], { [results.urn]: same }))[0]?.healthy;
    };
    expect(at({ name: "c" })).toBe(false);
    expect(at({ name: "c", leader: "n1" })).toBe(true);
    expect(at(undefined)).toBe(true);
  });

  it("has every row unhealthy when the server can't be asked", () => {
    const rows = statusRows([results, resource("KeyValue", "kv/jobs")], { why: "connection refused" });
    expect(rows.map(({ healthy, problems }) => [healthy, problems])).toEqual([
      [false, ["connection refused"]],
      [false, ["connection refused"]],
    ]);
  });

  it("is about Slipway's resources only, sorted by type and name, without what waits for deletion", () => {
    const others = [
      resource("Stream", "stream/B"),
      { urn: "urn:pulumi:dev::slipway::pulumi:pulumi:Stack::slipway-dev", type: "pulumi:pulumi:Stack" },
      resource("Stream", "stream/A"),
      resource("Stream", "stream/OLD", { delete: true }),
      resource("Consumer", "consumer/Z/z"),
    ];
    const ids = statusRows(others, { why: "" }).map(({ id }) => id);
    expect(ids).toEqual(["consumer/Z/z", "stream/A", "stream/B"]);
  });
});

describe("orphansOf", () => {
  const marked = (name: string, owner: string) => stream(withMark({ name } as StreamConfig, { owner }));

  it("are what carries the stack's mark and is not in the state", () => {
    const found = orphansOf(
      [results, resource("Consumer", "consumer/RESULTS/known")],
      look(
        [
          marked("RESULTS", `${OWNER}a`),
          marked("KV_left", `${OWNER}b`),
          marked("OBJ_left", `${OWNER}c`),
          marked("OTHERS", "slipway/prod/a"),
          marked("SIMILAR", "slipway/dev2/a"),
          stream({ name: "UNMARKED" }),
        ],
        {},
        [
          consumer("RESULTS", "known", `${OWNER}d`),
          consumer("RESULTS", "left", `${OWNER}e`),
          consumer("RESULTS", "x"),
        ],
      ),
      OWNER,
    );
    expect(found).toEqual([
      { id: "consumer/RESULTS/left", owner: `${OWNER}e`, messages: 7, bytes: null },
      { id: "kv/left", owner: `${OWNER}b`, messages: 3, bytes: 512 },
      { id: "obj/left", owner: `${OWNER}c`, messages: 3, bytes: 512 },
    ]);
  });

  it("don't count a stream twice that the state knows under another kind's id", () => {
    expect(
      orphansOf([resource("Stream", "stream/KV_x")], look([marked("KV_x", `${OWNER}a`)]), OWNER),
    ).toEqual([]);
  });
});

describe("ids", () => {
  it.each([
    ["stream/A", { stream: "A" }],
    ["kv/b", { stream: "KV_b" }],
    ["obj/c", { stream: "OBJ_c" }],
    ["consumer/D/e", { stream: "D", durable: "e" }],
    ["consumer/D", undefined],
    ["stream/A/b", undefined],
    ["canister/f", undefined],
    ["", undefined],
  ])("%s is of %j", (id, parsed) => expect(parseResourceId(id)).toEqual(parsed));

  it("are suggested by a stream's name", () => {
    expect(["A", "KV_b", "OBJ_c"].map(storageIdOf)).toEqual(["stream/A", "kv/b", "obj/c"]);
  });
});

describe("the report", () => {
  const rows = statusRows(
    [results, resource("KeyValue", "kv/jobs")],
    look([stream({ name: "RESULTS", max_bytes: 1024 })], {
      [results.urn]: same,
      [urnOf("KeyValue", "fleet-messaging-jobs")]: { state: "gone" },
    }),
  );
  const report: StatusReport = {
    stack: "dev",
    ground: { embedded: true, parts: [] },
    resources: rows,
    orphans: [{ id: "stream/LEFT", owner: `${OWNER}x`, messages: 1, bytes: 100 }],
    healthy: false,
  };

  it("keeps its contract", () => {
    expect(statusSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it("has a line a resource, its problems below, and the orphans", () => {
    expect(renderStatus(report, plainStyle)).toEqual([
      "KIND      NAME     HEALTH     MESSAGES   SIZE     OF  FILL             CONSUMERS",
      "KeyValue  jobs     unhealthy",
      "    is gone from the server; slipway refresh, then slipway up, make it again",
      "Stream    RESULTS  healthy           3  512 B  1 KiB  █████░░░░░  50%          1",
      "",
      "Left by an interrupted run: marked as this stack's on the server, but not in its state",
      "  stream/LEFT (1 message, 100 B)",
      "  to do: slipway up takes up those that are declared; delete the others with the nats tool",
      "2 resources, 1 healthy",
    ]);
  });
});
