import type { StreamInfo } from "../../../clients/nats/wire.ts";
import type { Finding } from "../../kernel/finding.ts";
import { approximateBytes } from "../bytes.ts";
import { refusedChanges } from "../capabilities.ts";
import { dataLoss, deletionLoss } from "../guards.ts";
import { markOf, supportsMark, withoutMark } from "../mark.ts";
import { type Difference, normalizeStream, streamDifferences } from "../normalize.ts";
import { show } from "../parsed.ts";
import { replacementObstacle } from "../plan.ts";
import { isSubset } from "../subjects.ts";
import { finding } from "./codes.ts";
import { capturedBy, type DeclaredStorage, type LiveFacts } from "./declared.ts";

/** What happens to a stream that is there already: taken over, changed in place, replaced, or none of it. */
export const existingFindings = (storage: DeclaredStorage, facts: LiveFacts): Finding[] => {
  const live = facts.streams.find(({ config }) => config.name === storage.stream);
  if (live === undefined) return [];
  const takeover = takeoverFinding(storage, live, facts);
  if (takeover?.severity === "error") return [takeover];
  return [...(takeover === undefined ? [] : [takeover]), ...changeFindings(storage, live, facts)];
};

/** Whether a declaration may have what is there. Without marks nobody can tell, and the effects decide from state. */
const refreshHint = " (refresh, too, where this stack had it already and its mark was lost)";

const takeoverFinding = (
  storage: DeclaredStorage,
  live: StreamInfo,
  { server }: LiveFacts,
): Finding | undefined => {
  const { owner: ours, adopt = "never" } = storage.input;
  if (ours === undefined || !supportsMark(server.version)) return undefined;
  const { owner } = markOf(live.config);
  if (owner === ours) return undefined;
  const different = streamDifferences(withoutMark(live.config), withoutMark(storage.config));
  const admitted =
    adopt === "always" || (adopt === "ifIdentical" && different.length === 0 && owner === undefined);
  const identical = different.length === 0;
  const holder = owner === undefined ? "is there already" : `is there already and belongs to ${owner}`;
  const compared = identical
    ? "nothing in it differs"
    : `it differs in ${different.map(difference(storage)).join("; ")}`;
  const facts = {
    messages: live.state.messages,
    bytes: live.state.bytes,
    different: different.length,
    adopt,
  };
  const base = { resource: storage.name, path: storage.path, facts };
  if (admitted) {
    return finding({
      ...base,
      severity: identical && owner === undefined ? "note" : "warning",
      code: "exists.adopted",
      message: `stream ${storage.stream} ${holder} and is taken over: ${compared}`,
      remedy: "remove adopt once it is taken over",
    });
  }
  return finding({
    ...base,
    severity: "error",
    code: identical ? "exists.identical" : "exists.different",
    message: `stream ${storage.stream} ${holder}: ${compared}`,
    remedy:
      identical && owner === undefined
        ? `set adopt: ifIdentical to take it over${refreshHint}, or choose another name`
        : "set adopt: always to take it over and change it, or choose another name",
  });
};

const difference =
  (storage: DeclaredStorage) =>
  ({ field, before, after }: Difference): string =>
    `${storage.property(field)} (is ${show(before)}, declared ${show(after)})`;

const changeFindings = (storage: DeclaredStorage, live: StreamInfo, facts: LiveFacts): Finding[] => {
  const { server, now } = facts;
  const options = { property: storage.property, standalone: server.cluster === undefined };
  const refused = refusedChanges(live.config, storage.config, server.version, options);
  // What every server refuses, a replacement gets round; what this version refuses, only another version does.
  const replaceable = refused.filter(({ remedy }) => remedy?.startsWith("set allowReplace") === true);
  const obstacle = replacementObstacle({ deletionPolicy: markOf(live.config).deletion }, storage.config);
  const wantsReplacement = storage.input.allowReplace === true && replaceable.length > 0;
  const replaces = wantsReplacement && obstacle === undefined;
  const stopping = replaces ? refused.filter((change) => !replaceable.includes(change)) : refused;
  const refusals = stopping.map(({ path, before, after, reason, remedy }) =>
    finding({
      severity: "error",
      code: "change.refused",
      resource: storage.name,
      path: `${storage.path}.${path}`,
      message: `${path} from ${show(before)} to ${show(after)}: ${reason}${wantsReplacement && obstacle ? `, and ${obstacle.reason}` : ""}`,
      facts: { version: server.version },
      remedy: (wantsReplacement ? obstacle?.remedy : undefined) ?? remedy ?? "keep the property as it is",
    }),
  );
  if (replaces)
    return [
      ...refusals,
      ...replacementFindings(
        storage,
        live,
        replaceable.map(({ path }) => path),
      ),
    ];
  const losses = dataLoss(live, storage.config, { version: server.version, now }).map((loss) =>
    finding({
      severity: storage.input.allowDataLoss === true ? "warning" : "error",
      code: loss.code,
      resource: storage.name,
      path: storage.pathOf(loss.field),
      message: loss.message,
      facts: {
        messages: loss.messages,
        bytes: loss.bytes,
        precision: loss.precision,
        heldMessages: live.state.messages,
        heldBytes: live.state.bytes,
      },
      remedy:
        storage.input.allowDataLoss === true
          ? "allowed by allowDataLoss: true; take it out again after this up"
          : loss.effect === "blocks"
            ? "raise the limit, or set allowDataLoss: true for this up to have it all the same"
            : "set allowDataLoss: true for this up, or keep the limit that is there",
    }),
  );
  return [...refusals, ...losses, ...notes(storage, live)];
};

/** What goes with a stream that a declaration replaces with its own consent. */
const replacementFindings = (
  storage: DeclaredStorage,
  live: StreamInfo,
  properties: readonly string[],
): Finding[] => {
  const loss = deletionLoss(live);
  if (loss === undefined) return [];
  return [
    finding({
      severity: "warning",
      code: "data-loss.replace",
      resource: storage.name,
      path: storage.path,
      message: `is replaced for ${properties.join(", ")}: ${loss.message}`,
      facts: { messages: loss.messages, bytes: loss.bytes, precision: loss.precision },
      remedy: "remove allowReplace to keep it",
    }),
  ];
};

/** What loses nothing and is worth knowing. */
const notes = (storage: DeclaredStorage, live: StreamInfo): Finding[] => {
  const [before, after] = [normalizeStream(live.config), normalizeStream(storage.config)];
  const found: Finding[] = [];
  const captured = capturedBy(after);
  const dropped = capturedBy(before).filter((subject) => !isSubset(subject, captured));
  if (dropped.length > 0 && live.state.messages > 0 && after.mirror === undefined) {
    const { messages, bytes } = live.state;
    found.push(
      finding({
        severity: "warning",
        code: "subjects.orphaned",
        resource: storage.name,
        path: storage.pathOf("subjects"),
        message: `no longer captures all of ${dropped.join(", ")}: up to ${messages} messages (${approximateBytes(bytes)}) of it stay and age with the rest`,
        facts: { messages, bytes, precision: "at-most" },
        remedy: "purge them when nobody needs them, or keep the subject",
      }),
    );
  }
  const history = [before.max_msgs_per_subject ?? 1, after.max_msgs_per_subject ?? 1] as const;
  if (storage.kind === "KeyValue" && history[0] === 1 && history[1] > 1) {
    found.push(
      finding({
        severity: "note",
        code: "history.raised",
        resource: storage.name,
        path: storage.pathOf("max_msgs_per_subject"),
        message: `history from 1 to ${history[1]}: a watcher that starts with history sees older revisions too`,
        facts: { before: history[0], after: history[1] },
        remedy: "make sure that no reader takes an old revision for the latest",
      }),
    );
  }
  const changed = new Set(streamDifferences(before, after).map(({ field }) => field));
  if (changed.has("placement") && changed.has("num_replicas")) {
    found.push(
      finding({
        severity: "note",
        code: "replicas.and-placement",
        resource: storage.name,
        path: storage.pathOf("num_replicas"),
        message: "scales and moves: made in two steps, the server takes one at a time",
        facts: {},
        remedy: "nothing to do",
      }),
    );
  }
  return found;
};
