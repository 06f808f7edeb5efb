import type * as pulumi from "@pulumi/pulumi";
import { type InputsOf, KindResource } from "../../kernel/resource.ts";
import { streamStorage } from "../storage.ts";
import { storageFacts } from "../storage-kind.ts";
import type { StreamDeclaration } from "./schema.ts";

/** What a program declares of it; its schema has the unit, the default and the effect of each. */
export type StreamArgs = InputsOf<Omit<StreamDeclaration, "owner">>;

const FACTS = storageFacts(streamStorage);

/**
 * A JetStream stream. Limits and subjects change in place; what the server can't change in place is refused unless
 * `allowReplace` is set, and what would delete messages unless `allowDataLoss` is.
 *
 * ```ts
 * new Stream("results", {
 *   name: "RESULTS",
 *   subjects: ["results.>"],
 *   maxAge: "30d",
 *   maxBytes: "2GiB",
 * });
 * ```
 */
export class Stream extends KindResource {
  /** Name on the server. */
  declare readonly name: pulumi.Output<string>;
  /** What it captures; absent where that is its own name. */
  declare readonly subjects: pulumi.Output<string[] | undefined>;
  /** RFC 3339: when the server made it. */
  declare readonly created: pulumi.Output<string>;

  constructor(name: string, args: StreamArgs | undefined, opts?: pulumi.CustomResourceOptions) {
    // An output also where it is left out.
    super(FACTS, name, args && { subjects: undefined, ...args }, opts);
  }

  /** Looks at one that is there, which this program does not manage. @param id `stream/<name>` */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Stream {
    return new Stream(name, undefined, { ...opts, id });
  }
}
