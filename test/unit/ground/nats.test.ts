import { describe, expect, it } from "vitest";
import { groundDir } from "../../../ground/ground.ts";
import { renderConfig } from "../../../ground/nats/config.ts";
import { parseInfo } from "../../../ground/nats/handshake.ts";

describe("renderConfig", () => {
  it("binds everything to 127.0.0.1 and quotes paths", () => {
    const text = renderConfig({
      port: 4222,
      storeDir: '/a "b"/data',
      portsDir: "/a/ports",
      maxFileStoreBytes: 16 * 1024 ** 3,
      maxMemoryStoreBytes: 1024,
      extra: "max_payload: 1MB",
    });
    expect(text).toBe(
      [
        'server_name: "slipway"',
        'host: "127.0.0.1"',
        "port: 4222",
        'http: "127.0.0.1:-1"',
        'ports_file_dir: "/a/ports"',
        "jetstream {",
        '  store_dir: "/a \\"b\\"/data"',
        "  max_file_store: 17179869184",
        "  max_memory_store: 1024",
        "}",
        "max_payload: 1MB",
        "",
      ].join("\n"),
    );
  });
});

describe("parseInfo", () => {
  it("reads what a server says, and nothing else", () => {
    expect(parseInfo('INFO {"version":"2.14.9","jetstream":true}')).toEqual({
      version: "2.14.9",
      jetstream: true,
    });
    for (const line of ["HTTP/1.1 400 Bad Request", "INFO {", "INFO null", 'INFO {"jetstream":true}'])
      expect(parseInfo(line)).toBeUndefined();
  });
});

describe("groundDir", () => {
  it("is the given folder, or under SLIPWAY_DIR, or under .slipway", () => {
    expect(groundDir({ dir: "/x", env: { SLIPWAY_DIR: "/y" } })).toBe("/x");
    expect(groundDir({ env: { SLIPWAY_DIR: "/y" } })).toBe("/y/ground");
    expect(groundDir({ env: {} })).toBe(`${process.cwd()}/.slipway/ground`);
  });
});
