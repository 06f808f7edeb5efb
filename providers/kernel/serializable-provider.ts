import type { DynamicProvider } from "./provider.ts";
import { moduleOf } from "./provider-text.ts";

const made = new Map<string, DynamicProvider>();

/**
 * A provider that Pulumi's closure serializer can take apart: its methods capture one string and load the same module as
 * the constant text does. One object for each kind, because the serializer's cache goes by object.
 *
 * The methods repeat themselves and hold no comments on purpose: their source is the stored text.
 */
export function serializableProvider(kind: string): DynamicProvider {
  const known = made.get(kind);
  if (known !== undefined) return known;
  const provider = makeShim(moduleOf(kind));
  made.set(kind, provider);
  return provider;
}

function makeShim(specifier: string): DynamicProvider {
  // Type annotations leave blanks behind when they are stripped, and none when they are compiled: keep them out of these.
  const load: () => DynamicProvider = () =>
    process.getBuiltinModule("module").createRequire(`${process.cwd()}/`)(specifier).provider;
  return {
    configure: (request) => load().configure(request),
    check: (olds, news) => load().check(olds, news),
    diff: (id, olds, news) => load().diff(id, olds, news),
    create: (inputs) => load().create(inputs),
    read: (id, props) => load().read(id, props),
    update: (id, olds, news) => load().update(id, olds, news),
    delete: (id, props) => load().delete(id, props),
  };
}
