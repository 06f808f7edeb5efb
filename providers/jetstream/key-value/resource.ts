import type * as pulumi from "@pulumi/pulumi";
import { type InputsOf, KindResource } from "../../kernel/resource.ts";
import { keyValueStorage } from "../storage.ts";
import { storageFacts } from "../storage-kind.ts";
import type { KeyValueDeclaration } from "./schema.ts";

/** What a program declares of it; its schema has the unit, the default and the effect of each. */
export type KeyValueArgs = InputsOf<Omit<KeyValueDeclaration, "owner">>;

const FACTS = storageFacts(keyValueStorage);

/**
 * A JetStream key-value bucket, held by the stream `KV_<bucket>`. Everything but name and storage changes in place, with
 * its values kept.
 *
 * ```ts
 * new KeyValue("jobs", { bucket: "jobs", history: 5, ttl: "90d" });
 * ```
 */
export class KeyValue extends KindResource {
  /** Name of the bucket. */
  declare readonly bucket: pulumi.Output<string>;
  /** RFC 3339: when the server made it. */
  declare readonly created: pulumi.Output<string>;

  constructor(name: string, args: KeyValueArgs | undefined, opts?: pulumi.CustomResourceOptions) {
    super(FACTS, name, args, opts);
  }

  /** Looks at one that is there, which this program does not manage. @param id `kv/<bucket>` */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): KeyValue {
    return new KeyValue(name, undefined, { ...opts, id });
  }
}
