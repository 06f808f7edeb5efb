import type * as pulumi from "@pulumi/pulumi";
import { type InputsOf, KindResource } from "../../kernel/resource.ts";
import { CONSUMER_FACTS } from "./kind.ts";
import type { ConsumerDeclaration } from "./schema.ts";

/** What a program declares of it; its schema has the unit, the default and the effect of each. */
export type ConsumerArgs = InputsOf<Omit<ConsumerDeclaration, "owner">>;

/**
 * A durable consumer of a stream. What the server can't change in place is refused; with `allowReplace` the consumer is
 * made again behind its last acknowledged message, so that nothing is skipped.
 *
 * ```ts
 * new Consumer("results-archiver", {
 *   stream: "RESULTS",
 *   durable: "archiver",
 *   filterSubject: "results.done.>",
 *   ackWait: "1m",
 * });
 * ```
 */
export class Consumer extends KindResource {
  /** Name of its stream. */
  declare readonly stream: pulumi.Output<string>;
  /** Its durable name. */
  declare readonly durable: pulumi.Output<string>;
  /** RFC 3339: when the server made it. */
  declare readonly created: pulumi.Output<string>;
  /** True when it was made again where an earlier one stood. */
  declare readonly resumed: pulumi.Output<boolean | undefined>;

  constructor(name: string, args: ConsumerArgs | undefined, opts?: pulumi.CustomResourceOptions) {
    super(CONSUMER_FACTS, name, args, opts);
  }

  /** Looks at one that is there, which this program does not manage. @param id `consumer/<stream>/<durable>` */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Consumer {
    return new Consumer(name, undefined, { ...opts, id });
  }
}
