import { describe, expect, it } from "vitest";
import { renderDoctor } from "../../../cli/commands/doctor.ts";
import { doctorSchema } from "../../../cli/contracts.ts";
import {
  backendCheck,
  dependenciesCheck,
  groundChecks,
  sdkCheck,
  toolCheck,
} from "../../../cli/doctor/checks.ts";
import { plainStyle } from "../../../cli/terminal/style.ts";

describe("doctor's checks", () => {
  it("take a tool's row over, with what mends it", () => {
    expect(toolCheck({ tool: "node", wanted: ">=24", version: "24.21.0", source: "running" })).toEqual({
      name: "node",
      status: "ok",
      found: "24.21.0 (running)",
      wanted: ">=24",
      remedy: null,
    });
    const missing = {
      tool: "pulumi",
      wanted: ">=3.259.0",
      problem: "PATH: no pulumi there",
      remedy: "npm run up",
    };
    expect(toolCheck(missing)).toMatchObject({
      status: "missing",
      found: "PATH: no pulumi there",
      remedy: "npm run up",
    });
    const passedOver = { ...missing, version: "3.259.0", source: "cache", origin: "go build" };
    expect(toolCheck(passedOver)).toMatchObject({
      status: "warning",
      found: "3.259.0 (cache, go build); PATH: no pulumi there",
    });
  });

  it("hold node_modules to the lock file", () => {
    const locked = { "node_modules/a": "1.0.0", "node_modules/b": "2.0.0" };
    expect(dependenciesCheck(locked, { ...locked, "node_modules/extra": "1.0.0" }).status).toBe("ok");
    expect(dependenciesCheck(locked, undefined)).toMatchObject({ status: "missing", found: "not installed" });
    expect(dependenciesCheck(locked, { "node_modules/b": "2.1.0" })).toMatchObject({
      status: "missing",
      found: "a missing, wanted 1.0.0; b 2.1.0, wanted 2.0.0",
      remedy: "npm ci --ignore-scripts",
    });
    const many = Object.fromEntries(
      ["a", "b", "c", "d", "e"].map((name) => [`node_modules/${name}`, "1.0.0"]),
    );
    expect(dependenciesCheck(many, {}).found).toMatch(/; and 2 more$/);
  });

  it("hold CLI and SDK to one major", () => {
    expect(sdkCheck("3.270.0", "3.270.0", "v3.259.0").status).toBe("ok");
    expect(sdkCheck("3.269.0", "3.270.0", "3.259.0").status).toBe("warning");
    expect(sdkCheck("4.0.0", "4.0.0", "3.259.0").status).toBe("missing");
    expect(sdkCheck(undefined, "3.270.0", undefined).status).toBe("missing");
  });

  it("don't call a ground missing that up starts", () => {
    const part = {
      name: "nats",
      running: false,
      healthy: false,
      url: null,
      pid: null,
      dataBytes: null,
      log: null,
    };
    expect(groundChecks({ embedded: true, parts: [part] })).toEqual([
      { name: "ground: nats", status: "warning", found: "down", wanted: "", remedy: "slipway ground up" },
    ]);
  });

  it("want a backend that is there, unless up makes it", () => {
    const backend = { url: "file:///state", directory: "/state" };
    const nowhere = () => false;
    expect(backendCheck(undefined, false, nowhere).status).toBe("missing");
    expect(backendCheck(backend, false, nowhere)).toMatchObject({
      status: "missing",
      remedy: "mkdir -p /state",
    });
    expect(backendCheck(backend, true, nowhere).status).toBe("ok");
    expect(backendCheck({ url: "s3://state", directory: undefined }, false, nowhere).status).toBe("ok");
  });

  it("come as a table and keep their contract", () => {
    const check = toolCheck({ tool: "node", wanted: ">=24", problem: "not there", remedy: "install it" });
    const report = { stack: "dev", ok: false, checks: [check] };
    expect(doctorSchema.parse(report)).toEqual(report);
    expect(renderDoctor(report, plainStyle)).toEqual([
      "STATE    WHAT  FOUND      WANTED  TO DO",
      "missing  node  not there  >=24    install it",
      "",
      "Stack dev: 1 missing.",
    ]);
  });
});
