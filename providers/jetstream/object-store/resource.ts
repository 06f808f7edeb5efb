import type * as pulumi from "@pulumi/pulumi";
import { type InputsOf, KindResource } from "../../kernel/resource.ts";
import { objectStoreStorage } from "../storage.ts";
import { storageFacts } from "../storage-kind.ts";
import type { ObjectStoreDeclaration } from "./schema.ts";

/** What a program declares of it; its schema has the unit, the default and the effect of each. */
export type ObjectStoreArgs = InputsOf<Omit<ObjectStoreDeclaration, "owner">>;

const FACTS = storageFacts(objectStoreStorage);

/**
 * A JetStream object store, held by the stream `OBJ_<bucket>`. Caps and ages change in place, with its objects intact; a
 * full store refuses further objects and evicts none.
 *
 * ```ts
 * new ObjectStore("result-output", { bucket: "result_output", ttl: "30d", maxBytes: "1GiB" });
 * ```
 */
export class ObjectStore extends KindResource {
  /** Name of the bucket. */
  declare readonly bucket: pulumi.Output<string>;
  /** RFC 3339: when the server made it. */
  declare readonly created: pulumi.Output<string>;

  constructor(name: string, args: ObjectStoreArgs | undefined, opts?: pulumi.CustomResourceOptions) {
    super(FACTS, name, args, opts);
  }

  /** Looks at one that is there, which this program does not manage. @param id `obj/<bucket>` */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ObjectStore {
    return new ObjectStore(name, undefined, { ...opts, id });
  }
}
