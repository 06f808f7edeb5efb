import fc from "fast-check";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it } from "vitest";
import { MAX_DEPTH } from "../../../providers/kernel/limits.ts";
import { toWire, toWireProperties, type Wire, wireSize } from "../../../providers/kernel/wire.ts";
import { anything } from "./arbitrary.ts";

const roundTrip = (value: Record<string, Wire>): unknown => {
  const bytes = struct.Struct.fromJavaScript(
    value as Record<string, struct.JavaScriptValue>,
  ).serializeBinary();
  return struct.Struct.deserializeBinary(bytes).toJavaScript();
};

describe("toWire", () => {
  it("gives what a Struct and JSON carry unchanged, for anything", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const wire = { value: toWire(value) };
        expect(roundTrip(wire)).toEqual(wire);
        expect(JSON.parse(JSON.stringify(wire))).toEqual(wire);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves a wire value as it is", () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(toWire(toWire(value))).toEqual(toWire(value));
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        // JSON has -0 and allows a key that a receiver would take for the prototype; the wire has neither.
        const plain = JSON.parse(JSON.stringify(value).replaceAll("__proto__", "proto"));
        expect(toWire(plain)).toEqual(plain);
      }),
    );
  });

  it("ends cycles and depth", () => {
    const loop: unknown[] = [1];
    loop.push(loop, { loop });
    expect(toWire(loop)).toEqual([1, null, { loop: null }]);
    let deep: unknown = "bottom";
    for (let level = 0; level < MAX_DEPTH * 3; level += 1) deep = [deep];
    expect(JSON.stringify(toWire(deep))).toBe(`${"[".repeat(MAX_DEPTH)}null${"]".repeat(MAX_DEPTH)}`);
  });

  it("says the same value twice where it stands twice", () => {
    const shared = { a: 1 };
    expect(toWire([shared, shared])).toEqual([shared, shared]);
  });

  it("survives what throws when it is looked at", () => {
    const trap = new Proxy({}, { ownKeys: () => assertNever(), get: () => assertNever() });
    const getter = {
      fine: 1,
      get broken() {
        return assertNever();
      },
    };
    expect(toWireProperties({ trap, getter })).toEqual({ trap: null, getter: { fine: 1 } });
    expect(toWireProperties(trap)).toEqual({});
    expect(toWireProperties("text")).toEqual({});
  });

  it("keeps Pulumi's own names out of the top level only", () => {
    expect(toWireProperties({ id: 1, urn: 2, __provider: 3, __x: 4, kept: { id: 5, __y: 6 } })).toEqual({
      kept: { id: 5, __y: 6 },
    });
  });
});

describe("wireSize", () => {
  it("is the size in protobuf, at most a few bytes over", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const wire = { value: toWire(value) };
        const real = struct.Value.fromJavaScript(wire as struct.JavaScriptValue).serializeBinary().length;
        expect(wireSize(wire)).toBeGreaterThanOrEqual(real);
        expect(wireSize(wire)).toBeLessThanOrEqual(real + 8 + JSON.stringify(wire).length);
      }),
    );
  });
});

const assertNever = (): never => {
  throw new Error("looked at");
};
