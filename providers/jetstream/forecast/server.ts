import type { Finding } from "../../kernel/finding.ts";
import { unsupported } from "../capabilities.ts";
import { finding } from "./codes.ts";
import type { DeclaredStorage, LiveFacts } from "./declared.ts";

/** What the server as such can't do: properties that it doesn't know, replicas that it has no peers for. */
export const serverFindings = (storage: DeclaredStorage, { server, streams }: LiveFacts): Finding[] => {
  const { name, path, pathOf, property, config } = storage;
  const found: Finding[] = [];
  const missing = unsupported(config, server.version);
  if (missing.length > 0) {
    const list = missing.map(({ field, since }) => `${property(field)} (since ${since})`).join(", ");
    found.push(
      finding({
        severity: "error",
        code: "server.unsupported",
        resource: name,
        path,
        message: `server ${server.version} doesn't know ${list}`,
        facts: { version: server.version, fields: missing.map(({ field }) => field).join(",") },
        remedy: "leave them out, or update the server",
      }),
    );
  }
  const replicas = config.num_replicas ?? 1;
  const there = streams.some((stream) => stream.config.name === storage.stream);
  // On a stream that is there, it is a change that the server refuses, told as such.
  if (server.cluster === undefined && replicas > 1 && !there) {
    found.push(
      finding({
        severity: "error",
        code: "replicas.standalone",
        resource: name,
        path: pathOf("num_replicas"),
        message: `${replicas} replicas: the server is not in a cluster and keeps one`,
        facts: { replicas },
        remedy: "take replicas: 1, or connect to a cluster",
      }),
    );
  }
  return found;
};
