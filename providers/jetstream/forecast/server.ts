import type { Finding } from "../../kernel/finding.ts";
import { unsupported } from "../capabilities.ts";
import { show } from "../parsed.ts";
import { reachedSystemSpace } from "../subjects.ts";
import { atLeast } from "../version.ts";
import { finding } from "./codes.ts";
import { capturedBy, type DeclaredStorage, type LiveFacts } from "./declared.ts";

/** All releases from this on refuse a wildcard that reaches into the server's own spaces; 2.10.29 and 2.11.16 do already. */
const GUARDS_SYSTEM_SPACES = "2.12.0";

/** What the server as such can't do: properties that it doesn't know, replicas that it has no peers for. */
export const serverFindings = (storage: DeclaredStorage, { server, streams }: LiveFacts): Finding[] => {
  const { name, path, pathOf, property, config } = storage;
  const found: Finding[] = systemSpaces(storage, server.version);
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
  if (config.sealed === true && !there) {
    found.push(
      finding({
        severity: "error",
        code: "change.refused",
        resource: name,
        path: pathOf("sealed"),
        message: "is sealed and not there yet: no server creates a sealed stream",
        facts: { version: server.version },
        remedy: "leave sealed out, fill it, and seal it in an up of its own",
      }),
    );
  }
  return found;
};

/** `*.b` matches `$JS.b` too. */
const systemSpaces = ({ name, pathOf, config }: DeclaredStorage, version: string): Finding[] => {
  if (config.no_ack === true) return [];
  const refuses = atLeast(version, GUARDS_SYSTEM_SPACES);
  return capturedBy(config).flatMap((subject) => {
    const space = reachedSystemSpace(subject);
    if (space === undefined) return [];
    return finding({
      severity: refuses ? "error" : "warning",
      code: "subjects.system-space",
      resource: name,
      path: pathOf("subjects"),
      message: `${show(subject)} reaches into the server's own ${space}, which ${refuses ? `server ${version} refuses` : "newer servers refuse"}`,
      facts: { subject, space },
      remedy: "begin the subject with a literal token, or set noAck: true",
    });
  });
};
