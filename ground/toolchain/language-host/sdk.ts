import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Grpc from "@grpc/grpc-js";
import type * as Language from "@pulumi/pulumi/proto/language_pb.js";
import type * as Plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb.js";

/** The program's own SDK: the gRPC stubs in it are the ones that its runtime speaks too. */
export interface Sdk {
  readonly grpc: typeof Grpc;
  readonly service: Grpc.ServiceDefinition;
  readonly language: typeof Language;
  readonly plugin: typeof Plugin;
  readonly Empty: typeof Empty;
  readonly version: string;
  /** The file of an SDK module as the program in `directory` would load it. */
  readonly resolve: (module: string, directory: string) => string;
}

/** Loads the SDK as a program in `directory` would. This file itself may lie anywhere, in a cache folder for one. */
export function loadSdk(directory: string): Sdk {
  const resolve = (module: string, from: string): string => {
    for (const anchor of [from, directory])
      try {
        return requireFrom(anchor).resolve(module);
      } catch {
        // Not installed there; the next place may have it.
      }
    throw new Error(
      `${module.split("/").slice(0, 2).join("/")} is not installed for the program in ${from}. ` +
        "Run `npm ci` (or your package manager's install) there first.",
    );
  };
  const load = createRequire(resolve("@pulumi/pulumi/package.json", directory));
  return {
    grpc: load("@grpc/grpc-js"),
    service: load("./proto/language_grpc_pb").LanguageRuntimeService,
    language: load("./proto/language_pb"),
    plugin: load("./proto/plugin_pb"),
    Empty: load("google-protobuf/google/protobuf/empty_pb").Empty,
    version: load("./package.json").version,
    resolve,
  };
}

const requireFrom = (directory: string): NodeJS.Require => createRequire(join(directory, "program.js"));
