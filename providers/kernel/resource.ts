import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { propertiesOf } from "./partial-parse.ts";
import { PROVIDER_KEY, providerText, TYPE_MODULE, typeToken } from "./provider-text.ts";
import { serializableProvider } from "./serializable-provider.ts";

/** Inputs as a program may give them: any value, at any depth, may be an output of another resource. */
export type InputsOf<T> = { [K in keyof T]: DeepInput<T[K]> };

type DeepInput<T> = T extends string | number | boolean | bigint | null | undefined
  ? pulumi.Input<T>
  : T extends readonly (infer Item)[]
    ? pulumi.Input<DeepInput<Item>[]>
    : T extends object
      ? pulumi.Input<InputsOf<T>>
      : pulumi.Input<T>;

/** What the base class needs to know of a kind; a `Kind` is one. */
export interface KindFacts {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly computedKeys: readonly string[];
}

/**
 * How the provider gets into state. `line` is the constant text of provider-text.ts; `serialized` is Pulumi's public
 * `dynamic.Resource` with its closure serializer, in case that the host's contract for texts ever changes. Both load the
 * same module, so a stack may change from one to the other.
 */
const serialized = process.env.SLIPWAY_PROVIDER_FORM === "serialized";

/** One base with two sets of arguments, and no class between. */
const sdkClass: unknown = serialized ? pulumi.dynamic.Resource : pulumi.CustomResource;
const Base = sdkClass as new (...args: readonly unknown[]) => pulumi.CustomResource;

const baseArguments = (
  kind: string,
  name: string,
  props: pulumi.Inputs,
  opts: pulumi.CustomResourceOptions | undefined,
): readonly unknown[] =>
  serialized
    ? [serializableProvider(kind), name, props, opts, TYPE_MODULE, kind]
    : [typeToken(kind), name, { ...props, [PROVIDER_KEY]: providerText(kind) }, opts];

/**
 * The class behind every kind's own. A subclass says which kind it is and declares its outputs with `declare readonly`,
 * since a real field would hide the output that the constructor sets:
 *
 * ```ts
 * export class Stream extends KindResource {
 *   declare readonly subjects: pulumi.Output<string[] | undefined>;
 *   constructor(name: string, args: StreamArgs | undefined, opts?: pulumi.CustomResourceOptions) {
 *     super(streamKind, name, args, opts);
 *   }
 *   static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Stream {
 *     return new Stream(name, undefined, { ...opts, id });
 *   }
 * }
 * ```
 */
export abstract class KindResource extends Base {
  /** @param args undefined only together with `opts.id`: a look at something that is there, which Slipway doesn't manage. */
  protected constructor(
    kind: KindFacts,
    name: string,
    args: object | undefined,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const props =
      opts?.id === undefined
        ? { ...undefinedOf(kind.computedKeys), ...args, owner: ownerOf(name) }
        : undefinedOf([...Object.keys(propertiesOf(kind.schema) ?? {}), ...kind.computedKeys]);
    // A replacement keeps its name on the ground. Those that no diff asks for (`--replace`, a tainted resource) would come
    // before the deletion, find their own forerunner and lose it right after.
    const options = { deleteBeforeReplace: true, ...opts };
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = withoutFrames;
    try {
      super(...baseArguments(kind.name, name, props, options));
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  }
}

/**
 * The SDK takes the text of a stack four times for each output, for a debugging aid, and once for the resource, whose
 * state then holds every frame as a path of this machine. Of 500 streams that was more work than all the rest of an up
 * and a quarter of the state. An error that is thrown meanwhile keeps its stack, whose text is made when it is first read.
 */
const withoutFrames = (): string => "";

/**
 * The mark by which a create recognises what an interrupted create of the same resource made:
 * `<project>/<stack>/<logical name>`.
 */
export const ownerOf = (name: string): string => `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;

/**
 * A property becomes an output only if it is among the ones registered, be it as undefined; and each output costs time,
 * so that of a declaration only what it says and what is computed is registered.
 */
const undefinedOf = (keys: readonly string[]): Record<string, undefined> =>
  Object.fromEntries(keys.map((key) => [key, undefined]));
