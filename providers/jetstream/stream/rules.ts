import { bytesOf, formatBytes } from "../bytes.ts";
import { MAX_INT32 } from "../defaults.ts";
import { durationMs, formatDuration } from "../duration.ts";
import { repeatedOrigin } from "../origin.ts";
import { show } from "../parsed.ts";
import type { Rule } from "../rules.ts";
import { collide, collisionsWithin, mappingProblem, systemSpaceProblem } from "../subjects.ts";
import { turnsRollupOn } from "./canonical.ts";
import type { StreamFields } from "./fields.ts";

/** What a mirror can't have besides, from nats-server's checkStreamCfg. */
const NOT_ON_A_MIRROR = [
  "subjects",
  "sources",
  "firstSeq",
  "allowMsgCounter",
  "allowAtomic",
  "allowBatched",
  "allowMsgSchedules",
  "subjectDeleteMarkerTtl",
] as const;

/** What a counter can't have besides. */
const NOT_ON_A_COUNTER = ["allowMsgTtl", "subjectDeleteMarkerTtl", "allowMsgSchedules"] as const;

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

const excludes = (
  owner: "mirror" | "allowMsgCounter",
  what: string,
  excluded: readonly (keyof StreamFields)[],
): Rule<StreamFields>[] =>
  excluded.map((at) => ({
    at,
    with: [owner],
    problem: (stream) =>
      isSet(stream[owner]) && isSet(stream[at])
        ? `is not possible on ${what}: remove ${at} or ${owner}`
        : undefined,
  }));

/** Rules between properties; sources: nats-server's checkStreamCfg, versions 2.9 to 2.14. */
export const STREAM_RULES: readonly Rule<StreamFields>[] = [
  {
    at: "duplicateWindow",
    with: ["maxAge"],
    problem: ({ duplicateWindow, maxAge }) =>
      duplicateWindow !== undefined &&
      maxAge !== undefined &&
      durationMs(duplicateWindow) > durationMs(maxAge)
        ? `${duplicateWindow} is longer than maxAge ${maxAge}: at most ${formatDuration(durationMs(maxAge))}`
        : undefined,
  },
  {
    at: "duplicateWindow",
    with: ["mirror"],
    problem: ({ duplicateWindow, mirror }) =>
      duplicateWindow !== undefined && mirror !== undefined
        ? "is not possible on a mirror, which has no window of its own: remove it"
        : undefined,
  },
  {
    at: "maxMsgSize",
    problem: ({ maxMsgSize }) =>
      maxMsgSize !== undefined && bytesOf(maxMsgSize) > MAX_INT32
        ? `${maxMsgSize} is too large: at most ${MAX_INT32}B, which is 2GiB - 1`
        : undefined,
  },
  {
    at: "maxMsgSize",
    with: ["maxBytes"],
    problem: ({ maxMsgSize, maxBytes }) =>
      maxMsgSize !== undefined && maxBytes !== undefined && bytesOf(maxMsgSize) > bytesOf(maxBytes)
        ? `${maxMsgSize} is larger than maxBytes ${maxBytes}, such a message would never fit: at most ${formatBytes(bytesOf(maxBytes))}`
        : undefined,
  },
  {
    at: "discardNewPerSubject",
    with: ["discard", "maxMsgsPerSubject"],
    problem: ({ discardNewPerSubject, discard, maxMsgsPerSubject }) =>
      discardNewPerSubject === true && (discard !== "new" || maxMsgsPerSubject === undefined)
        ? "needs discard: new and a maxMsgsPerSubject: set both, or remove it"
        : undefined,
  },
  {
    at: "allowRollup",
    with: ["denyPurge"],
    problem: ({ allowRollup, denyPurge, sealed }) =>
      allowRollup === true && denyPurge === true && sealed !== true
        ? "is not possible with denyPurge, because a roll-up purges: remove one of them"
        : undefined,
  },
  {
    at: "denyPurge",
    with: ["subjectDeleteMarkerTtl", "allowMsgSchedules"],
    problem: (stream) =>
      stream.denyPurge === true && turnsRollupOn(stream)
        ? "is not possible with subjectDeleteMarkerTtl or allowMsgSchedules, which roll up: remove it"
        : undefined,
  },
  {
    at: "allowRollup",
    with: ["subjectDeleteMarkerTtl", "allowMsgSchedules"],
    problem: (stream) =>
      stream.allowRollup === false && turnsRollupOn(stream)
        ? "can't be false with subjectDeleteMarkerTtl or allowMsgSchedules, which turn it on: remove it"
        : undefined,
  },
  {
    at: "allowMsgTtl",
    with: ["subjectDeleteMarkerTtl"],
    problem: ({ allowMsgTtl, subjectDeleteMarkerTtl }) =>
      allowMsgTtl === false && subjectDeleteMarkerTtl !== undefined
        ? "can't be false with subjectDeleteMarkerTtl, which turns it on: remove it"
        : undefined,
  },
  {
    at: "subjects",
    problem: ({ subjects }) => {
      const pair = collisionsWithin([...new Set(subjects)])[0];
      return pair === undefined
        ? undefined
        : `${show(pair[0])} overlaps ${show(pair[1])}: a message may match one of them only; narrow one or remove it`;
    },
  },
  {
    at: "subjects",
    with: ["noAck"],
    problem: ({ subjects, noAck }) =>
      noAck === true ? undefined : subjects?.map(systemSpaceProblem).find((problem) => problem !== undefined),
  },
  {
    at: "subjects",
    with: ["replicas"],
    problem: ({ subjects, replicas }) =>
      subjects?.includes(">") === true && (replicas ?? 1) > 1
        ? `">" captures everything, which takes replicas: 1, not ${replicas}: narrow it`
        : undefined,
  },
  {
    at: "republish",
    with: ["subjects", "name", "mirror", "sources"],
    problem: ({ republish, subjects, name, mirror, sources }) => {
      if (republish === undefined) return undefined;
      const captured = subjects ?? (mirror === undefined && (sources ?? []).length === 0 ? [name] : []);
      const own = captured.find((subject) => collide(republish.dest, subject));
      return own === undefined
        ? undefined
        : `dest ${show(republish.dest)} comes back in through ${show(own)}, a cycle: choose a subject outside the stream`;
    },
  },
  {
    at: "republish",
    problem: ({ republish }) => republish && mappingProblem(republish.src ?? ">", republish.dest),
  },
  {
    at: "subjectTransform",
    problem: ({ subjectTransform }) =>
      subjectTransform && mappingProblem(subjectTransform.src ?? ">", subjectTransform.dest),
  },
  {
    at: "mirrorDirect",
    with: ["mirror"],
    problem: ({ mirrorDirect, mirror }) =>
      mirrorDirect === true && mirror === undefined
        ? "is for mirrors only: remove it, or give a mirror"
        : undefined,
  },
  ...excludes("mirror", "a mirror", NOT_ON_A_MIRROR),
  ...excludes("allowMsgCounter", "a counter stream", NOT_ON_A_COUNTER),
  {
    at: "allowMsgCounter",
    with: ["discard", "retention"],
    problem: ({ allowMsgCounter, discard, retention }) =>
      allowMsgCounter === true && (discard === "new" || (retention ?? "limits") !== "limits")
        ? "needs discard: old and retention: limits: change those, or remove it"
        : undefined,
  },
  {
    at: "allowMsgSchedules",
    with: ["discard", "sources"],
    problem: ({ allowMsgSchedules, discard, sources }) =>
      allowMsgSchedules === true && (discard === "new" || (sources ?? []).length > 0)
        ? "is not possible with discard: new or with sources: change those, or remove it"
        : undefined,
  },
  {
    at: "persistMode",
    with: ["storage", "replicas", "allowAtomic"],
    problem: ({ persistMode, storage, replicas, allowAtomic }) =>
      persistMode === "async" && (storage === "memory" || (replicas ?? 1) > 1 || allowAtomic === true)
        ? "async needs storage: file, replicas: 1 and no allowAtomic: change those, or use default"
        : undefined,
  },
  {
    at: "mirror",
    with: ["name"],
    problem: ({ mirror, name }) =>
      mirror === undefined ? undefined : (originProblem(mirror) ?? selfProblem(mirror, name)),
  },
  {
    at: "sources",
    with: ["name"],
    problem: ({ sources }) =>
      sources?.map(originProblem).find((problem) => problem !== undefined) ??
      repeatedOrigin(sources ?? [], ({ name }) => name),
  },
];

type Origin = NonNullable<StreamFields["mirror"]>;

const isElsewhere = ({ domain, external }: Origin): boolean => domain !== undefined || external !== undefined;

const selfProblem = (mirror: Origin, name: string): string | undefined =>
  mirror.name === name && !isElsewhere(mirror)
    ? `${show(name)} can't be a mirror of itself: name another stream`
    : undefined;

const originProblem = (origin: Origin): string | undefined => {
  const { name, filterSubject, subjectTransforms, startSeq, startTime, domain, external, consumer } = origin;
  if (filterSubject !== undefined && (subjectTransforms ?? []).length > 0) {
    return `${show(name)} has filterSubject and subjectTransforms: keep one, a transform's src filters too`;
  }
  if (startSeq !== undefined && startTime !== undefined) {
    return `${show(name)} has startSeq and startTime: keep one`;
  }
  if (domain !== undefined && external !== undefined) {
    return `${show(name)} has domain and external: keep one, domain is short for its api`;
  }
  if (consumer !== undefined && (startSeq ?? startTime ?? filterSubject) !== undefined) {
    return `${show(name)} has a consumer, which decides where to start and what to copy: remove startSeq, startTime and filterSubject`;
  }
  return undefined;
};
