import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consumerKind } from "../../../providers/jetstream/consumer/kind.ts";
import { keyValueKind } from "../../../providers/jetstream/key-value/kind.ts";
import { objectStoreKind } from "../../../providers/jetstream/object-store/kind.ts";
import { streamKind } from "../../../providers/jetstream/stream/kind.ts";
import { SlipwayError } from "../../../providers/kernel/errors.ts";
import { type Engine, engineFor, Refused, type Resource } from "../../support/nats/engine.ts";
import { WORLDS, type World } from "../../support/nats/world.ts";
import {
  consumerInput,
  keyValueInput,
  objectStoreInput,
  streamInput,
} from "../../unit/jetstream/arbitraries.ts";

/** Declarations tried for each kind and server; each is made, read, changed into another one and read again. */
const PAIRS = 80;

type Declaration = Record<string, unknown>;
type AnyEngine = Engine<Declaration, object>;

const KINDS = [
  { label: "Stream", kind: streamKind, inputs: streamInput, rename: renameStream },
  { label: "KeyValue", kind: keyValueKind, inputs: keyValueInput, rename: renameBucket },
  { label: "ObjectStore", kind: objectStoreKind, inputs: objectStoreInput, rename: renameBucket },
  { label: "Consumer", kind: consumerKind, inputs: consumerInput, rename: renameConsumer },
] as const;

function renameStream(declared: Declaration, name: string): Declaration {
  const subjects = declared.subjects as string[] | undefined;
  return {
    ...declared,
    name,
    ...(subjects === undefined ? {} : { subjects: subjects.map((subject) => `${name}.${subject}`) }),
  };
}

function renameBucket(declared: Declaration, bucket: string): Declaration {
  return { ...declared, bucket };
}

function renameConsumer({ allowDataLoss: _, ...declared }: Declaration, durable: string): Declaration {
  return { ...declared, stream: "ROUND", durable };
}

let serial = 0;

describe.each(WORLDS.filter(({ name }) => name.startsWith("nats-server")))("on $name", ({ open }) => {
  let world: World;
  beforeAll(async () => {
    world = await open();
    const { backend } = await world.client();
    await backend.createStream({ name: "ROUND", subjects: ["round.>"] });
  });
  afterAll(() => world?.close());

  it.each(KINDS)(
    "whatever a $label is declared as, it reads back as no change",
    async ({ kind, inputs, rename }) => {
      const engine = engineFor(kind as never, world) as unknown as AnyEngine;
      /** Undefined where the plan or this server says no, as a user would be told. */
      const attempt = async (declared: Declaration, prior?: Resource<Declaration, object>) => {
        try {
          return await engine.up(declared, prior);
        } catch (error) {
          if (error instanceof Refused || error instanceof SlipwayError) return undefined;
          throw error;
        }
      };
      const readBack = async (declared: Declaration, made: Resource<Declaration, object>) => {
        const read = (await engine.refresh(made)) as Resource<Declaration, object>;
        expect(read.input).toEqual(made.input);
        expect(engine.preview(declared, read)).toBe("none");
        return read;
      };
      let [made, changed] = [0, 0];
      await fc.assert(
        fc.asyncProperty(
          inputs as fc.Arbitrary<object>,
          inputs as fc.Arbitrary<object>,
          async (one, other) => {
            const name = `R${++serial}`;
            const declare = ({ replicas: _r, placement: _p, adopt: _a, ...rest }: Declaration) =>
              rename({ ...rest, owner: `p/s/${name}`, deletionPolicy: "delete", allowDataLoss: true }, name);
            const [first, second] = [declare({ ...one }), declare({ ...other })];
            const resource = await attempt(first);
            if (resource === undefined) return;
            made += 1;
            const next = await attempt(second, await readBack(first, resource));
            if (next !== undefined) {
              changed += 1;
              await readBack(second, next);
            }
            await engine.destroy(next ?? resource);
          },
        ),
        { numRuns: PAIRS, endOnFailure: true },
      );
      expect(made, "most are possible on every server").toBeGreaterThan(PAIRS / 5);
      expect(changed).toBeGreaterThan(0);
    },
  );
});
