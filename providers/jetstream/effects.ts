import {
  JetStreamApiError,
  JetStreamDisabled,
  NatsSettingsError,
  NatsUnauthorized,
  NatsUnreachable,
} from "../../clients/nats/errors.ts";
import { type ErrorCode, PartialFailure, SlipwayError } from "../kernel/errors.ts";
import type { Change, Context } from "../kernel/kind.ts";
import type { JetStreamBackend } from "./backend.ts";
import type { Difference } from "./normalize.ts";
import { show } from "./parsed.ts";

/** Gives an effect its server. Kinds are made with one, so that tests can hand in another. */
export type OpenBackend = (context: Context) => Promise<JetStreamBackend>;

/** Whom an error is about, as a user knows it. */
export interface Subject {
  /** `Stream` */
  readonly kind: string;
  /** `RESULTS` */
  readonly resource: string;
}

/** Error codes that effects decide on (nats-server, `server/errors.json`). */
export const API_ERROR = {
  streamNotFound: 10059,
  streamNameInUse: 10058,
  consumerExists: 10148,
  consumerMissing: 10149,
  consumerNotFound: 10014,
} as const;

export const isApiError = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof JetStreamApiError && codes.includes(error.errCode);

interface Meaning {
  readonly errorCode: ErrorCode;
  readonly remedy: string;
}

const overBudget = (remedy: string): Meaning => ({ errorCode: "over-budget", remedy });
const conflict = (remedy: string): Meaning => ({ errorCode: "conflict", remedy });
const refused = (remedy: string): Meaning => ({ errorCode: "refused", remedy });

const FREE_STORAGE =
  "lower maxBytes here or elsewhere, delete what is not needed, or raise the server's limit";
const AS_SERVER_SAYS = "change the declaration to what the server allows";

/** What the server's refusals mean to a user. Refusals that are not here are `refused` as they stand. */
const MEANING: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [10005, overBudget("check replicas and placement against the cluster's servers, and their free storage")],
  [10023, overBudget("wait until the server has resources again, or give it more")],
  [10025, { errorCode: "unsupported", remedy: "leave the property out, or update the server" }],
  [10026, overBudget("raise the account's or the stream's limit of consumers, or delete some")],
  [10027, overBudget("raise the account's limit of streams, or delete some")],
  [10028, overBudget(FREE_STORAGE)],
  [10047, overBudget(FREE_STORAGE)],
  [10058, conflict("refresh, and see what is there under this name")],
  [10059, { errorCode: "gone", remedy: "pulumi refresh, then up again" }],
  [10014, { errorCode: "gone", remedy: "pulumi refresh, then up again" }],
  [10149, { errorCode: "gone", remedy: "pulumi refresh, then up again" }],
  [10065, conflict("narrow the subjects, or release them from the stream that has them in an up of its own")],
  [10074, refused("set replicas to 1, or use a clustered server")],
  [10099, conflict("a work queue takes one consumer without filter; give each consumer its own filter")],
  [10100, conflict("on a work queue, filters of consumers can't overlap; narrow them")],
  [10113, overBudget("set maxBytes: this account requires it")],
  [10120, overBudget("choose a replica count that the account has a tier for")],
  [10121, overBudget("lower maxAckPending to the account's limit")],
  [10122, overBudget("lower maxBytes to the account's limit per stream")],
  [10148, conflict("refresh, and see what is there under this name")],
  [10185, { errorCode: "unsupported", remedy: "leave the newer properties out, or update the server" }],
]);

/** Runs an effect, and turns whatever the server or the connection says into the error that a user sees. */
export async function withUserErrors<T>(subject: Subject, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw userError(subject, error);
  }
}

export function userError(subject: Subject, error: unknown): unknown {
  if (error instanceof SlipwayError || error instanceof PartialFailure) return error;
  const cause = error;
  const explain = (errorCode: ErrorCode, detail: string, remedy: string, facts: readonly string[] = []) =>
    new SlipwayError({ ...subject, errorCode, detail, facts, remedy, cause });
  if (error instanceof JetStreamApiError) {
    const { errorCode, remedy } = MEANING.get(error.errCode) ?? refused(AS_SERVER_SAYS);
    return explain(errorCode, `the server refused it: ${error.message}`, remedy);
  }
  if (error instanceof JetStreamDisabled) {
    return explain("unreachable", error.message, "enable JetStream on the server and for this account");
  }
  if (error instanceof NatsUnreachable) {
    return explain(
      "unreachable",
      error.message,
      error.remedy ?? "check slipway:nats.connection.servers, and that the server runs",
    );
  }
  if (error instanceof NatsUnauthorized) {
    return explain(
      "unauthorized",
      error.message,
      "check the credentials in slipway:nats.connection and their rights",
    );
  }
  if (error instanceof NatsSettingsError) {
    const facts = error.issues.map(({ path, message, remedy }) => `${path}: ${message}; ${remedy}`);
    const remedy = error.issues.length === 1 ? (error.issues[0]?.remedy ?? "") : "correct each of them";
    return explain("invalid-input", "the connection to NATS is not set up", remedy, facts);
  }
  return error;
}

/** One line on a difference, under the property that declares it: `maxBytes: is 1024, declared 2048`. */
export const differenceLine =
  (before: string, after: string, property: (field: string) => string) =>
  (difference: Difference): string =>
    `${property(difference.field)}: ${before} ${show(difference.before)}, ${after} ${show(difference.after)}`;

/** One line on a change that can't be made. */
export const changeLine = ({ path, before, after, reason }: Change): string =>
  `${path}: ${show(before)} to ${show(after)}${reason === undefined ? "" : `: ${reason}`}`;
