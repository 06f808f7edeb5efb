/** The classes that a program uses: `import { Stream } from "slipway/jetstream"`. */
export { Consumer, type ConsumerArgs } from "./consumer/resource.ts";
export { KeyValue, type KeyValueArgs } from "./key-value/resource.ts";
export { ObjectStore, type ObjectStoreArgs } from "./object-store/resource.ts";
export { Stream, type StreamArgs } from "./stream/resource.ts";
