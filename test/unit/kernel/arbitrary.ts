import fc from "fast-check";

class Instance {
  readonly own: unknown;
  constructor(own: unknown) {
    this.own = own;
  }
  get inherited(): string {
    return "not own";
  }
}

/** Whatever a careless kind could return: all of JavaScript's values, nested, with the awkward ones often. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.constantFrom(
    Symbol("s"),
    () => 1,
    new Error("e"),
    new URL("nats://a:1"),
    Buffer.from("b"),
    new Date(Number.NaN),
    -0,
  ),
  fc.anything().map((own) => new Instance(own)),
  fc.dictionary(
    fc.constantFrom("id", "urn", "__provider", "__proto__", "constructor", "v", "a"),
    fc.anything(),
  ),
);
