import type { ConsumerConfig, StreamConfig } from "../../clients/nats/wire.ts";
import { type Mark, markOf, withMark } from "./mark.ts";

/** What every declaration says about its life rather than about its config. */
export interface Lifecycle {
  readonly owner?: string | undefined;
  readonly adopt?: "never" | "ifIdentical" | "always" | undefined;
  readonly deletionPolicy?: "delete" | "retain" | "refuse" | undefined;
  readonly allowDataLoss?: boolean | undefined;
  readonly allowReplace?: boolean | undefined;
}

export interface ToConfigOptions {
  /** Adds the ownership mark, where the declaration has an owner. Default: false. Servers before 2.10 can't keep it. */
  readonly mark?: boolean;
}

/** A config with its declaration's mark, when asked for. */
export const marked = <C extends StreamConfig | ConsumerConfig>(
  config: C,
  { owner, deletionPolicy }: Lifecycle,
  defaultPolicy: NonNullable<Lifecycle["deletionPolicy"]>,
  { mark = false }: ToConfigOptions,
): C =>
  mark && owner !== undefined
    ? withMark(config, { owner, deletion: deletionPolicy ?? defaultPolicy })
    : config;

/**
 * The life of what a live config belongs to: owner and policy as its mark says, else as the declaration that it is
 * compared with; what guides one run comes from the declaration.
 */
export const lifecycleOf = <L extends Lifecycle>(
  config: StreamConfig | ConsumerConfig,
  like: L | undefined,
) => {
  const mark: Mark = markOf(config);
  const owned = mark.owner !== undefined;
  return {
    owner: owned ? mark.owner : like?.owner,
    deletionPolicy: owned ? mark.deletion : like?.deletionPolicy,
    adopt: like?.adopt,
    allowDataLoss: like?.allowDataLoss,
    allowReplace: like?.allowReplace,
  };
};

/**
 * What a refresh makes of the mark that a managed resource carries. Another's doesn't get into the state: it would pass for
 * our own when it comes to deleting. One that was lost does, as no owner, so that the next up writes it again.
 */
export const refreshedMark = (
  config: StreamConfig | ConsumerConfig,
  prior: Lifecycle,
  { serverKeepsMarks }: { readonly serverKeepsMarks: boolean },
): Pick<Lifecycle, "owner" | "deletionPolicy"> => {
  const { owner } = markOf(config);
  if (owner === undefined) return serverKeepsMarks ? { owner: undefined } : {};
  return owner === prior.owner ? {} : { owner: prior.owner, deletionPolicy: prior.deletionPolicy };
};
