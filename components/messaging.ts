import * as pulumi from "@pulumi/pulumi";
import type { MessagingConfig } from "../config/load.ts";
import { declaredStorages } from "../providers/jetstream/forecast/declared.ts";
import type { Declared, LiveFacts } from "../providers/jetstream/forecast.ts";
import { orderOf } from "../providers/jetstream/order.ts";
import { Consumer, KeyValue, ObjectStore, Stream } from "../providers/jetstream/resources.ts";
import { reservedBytes } from "../providers/jetstream/storage.ts";
import { childName } from "./naming.ts";
import { inOrder } from "./order.ts";

export interface MessagingArgs {
  readonly messaging: MessagingConfig;
  /** What the survey saw, for the order of the steps; undefined when the server could not be asked. */
  readonly facts: LiveFacts | undefined;
  /** Pulumi's protection for streams, buckets and object stores. */
  readonly protect: boolean;
}

/**
 * The JetStream resources of an environment: streams, buckets, object stores and consumers, with the order among them
 * that reservations, subjects, mirrors and consumers ask for.
 */
export class Messaging extends pulumi.ComponentResource {
  /** Names of the streams, sorted. */
  declare readonly streams: pulumi.Output<string[]>;
  declare readonly buckets: pulumi.Output<string[]>;
  declare readonly objectStores: pulumi.Output<string[]>;
  /** `<stream>/<durable>`, sorted. */
  declare readonly consumers: pulumi.Output<string[]>;
  /** What all of them reserve together, in bytes. */
  declare readonly reservedBytes: pulumi.Output<number>;

  constructor(name: string, args: MessagingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:messaging:Messaging", name, {}, opts);
    const { declared } = args.messaging;
    const { edges } = orderOf(declared, args.facts);
    const made = new Map<string, pulumi.Resource>();
    const nameByStream = new Map(declaredStorages(declared).map(({ stream, name }) => [stream, name]));
    const streamOf = (item: Declared): pulumi.Resource | undefined =>
      item.kind === "Consumer" ? made.get(nameByStream.get(item.input.stream) ?? "") : undefined;
    const before = Map.groupBy(edges, (edge) => edge.after);

    for (const item of inOrder(declared, edges)) {
      const dependsOn = (before.get(item.name) ?? []).flatMap((edge) => made.get(edge.before) ?? []);
      made.set(item.name, this.register(name, item, dependsOn, streamOf(item), args.protect));
    }

    const outputs = {
      streams: declared.flatMap((item) => (item.kind === "Stream" ? [item.input.name] : [])),
      buckets: declared.flatMap((item) => (item.kind === "KeyValue" ? [item.input.bucket] : [])),
      objectStores: declared.flatMap((item) => (item.kind === "ObjectStore" ? [item.input.bucket] : [])),
      consumers: declared.flatMap((item) =>
        item.kind === "Consumer" ? [`${item.input.stream}/${item.input.durable}`] : [],
      ),
      reservedBytes: declared.reduce(
        (sum, item) => sum + (item.kind === "Consumer" ? 0 : reservedBytes(item)),
        0,
      ),
    };
    Object.assign(
      this,
      Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, pulumi.output(value)])),
    );
    this.registerOutputs(outputs);
  }

  private register(
    name: string,
    item: Declared,
    dependsOn: pulumi.Resource[],
    stream: pulumi.Resource | undefined,
    protect: boolean,
  ): pulumi.Resource {
    const logicalName = childName(name, keyOf(item));
    const base = { parent: this, ...(dependsOn.length > 0 ? { dependsOn } : {}) };
    const holdsData = { ...base, ...(protect ? { protect } : {}) };
    switch (item.kind) {
      case "Stream":
        return new Stream(logicalName, item.input, holdsData);
      case "KeyValue":
        return new KeyValue(logicalName, item.input, holdsData);
      case "ObjectStore":
        return new ObjectStore(logicalName, item.input, holdsData);
      case "Consumer":
        // A stream that is replaced or deleted takes its consumers with it on the server.
        return new Consumer(logicalName, item.input, {
          ...base,
          ...(stream === undefined ? {} : { deletedWith: stream, replaceWith: [stream] }),
        });
    }
  }
}

/** The key under which it stands in the stack config. */
export const keyOf = (item: Declared): string => item.name.slice(item.kind.length + 1);
