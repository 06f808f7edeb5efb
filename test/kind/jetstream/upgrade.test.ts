import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { messagingChild } from "../../../components/naming.ts";
import { loadEnvironment } from "../../../config/load.ts";
import { provider as consumer } from "../../../providers/jetstream/consumer/provider.ts";
import { provider as keyValue } from "../../../providers/jetstream/key-value/provider.ts";
import { provider as objectStore } from "../../../providers/jetstream/object-store/provider.ts";
import { provider as stream } from "../../../providers/jetstream/stream/provider.ts";
import type { DynamicProvider } from "../../../providers/kernel/provider.ts";
import { PROVIDER_KEY, providerText, typeToken } from "../../../providers/kernel/provider-text.ts";

/** What released versions wrote, beside the stack config that they were run with. */
const RELEASES = new URL("../../fixtures/states/", import.meta.url);

const PROVIDERS: Readonly<Record<string, DynamicProvider>> = {
  Stream: stream,
  KeyValue: keyValue,
  ObjectStore: objectStore,
  Consumer: consumer,
};

interface StoredResource {
  readonly type: string;
  readonly urn: string;
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const read = (release: string, file: string): string =>
  readFileSync(new URL(`${release}/${file}`, RELEASES), "utf8");

const declaredIn = (release: string) => {
  const { config } = parse(read(release, "Pulumi.fixture.yaml")) as { config: Record<string, unknown> };
  const flat = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const environment = loadEnvironment(Object.fromEntries(flat), {
    ownerOf: (key) => `slipway/fixture/${messagingChild(key)}`,
  });
  return environment.messaging?.declared ?? [];
};

describe.each(readdirSync(RELEASES))("a state that %s wrote", (release) => {
  const stored = JSON.parse(read(release, "resources.json")) as readonly StoredResource[];
  const declared = declaredIn(release);

  it("holds every kind, and everything that its config declares", () => {
    expect(new Set(stored.map(({ type }) => type))).toEqual(new Set(Object.keys(PROVIDERS).map(typeToken)));
    expect(stored.map(({ inputs }) => inputs.owner).sort()).toEqual(
      declared.map(({ input }) => input.owner).sort(),
    );
  });

  it.each(stored.map((resource) => [resource.id, resource] as const))(
    "finds nothing to do in %s",
    async (id, resource) => {
      const item = declared.find(
        ({ kind, input }) => typeToken(kind) === resource.type && input.owner === resource.inputs.owner,
      );
      const kind = item?.kind ?? "";
      const news = { ...item?.input, [PROVIDER_KEY]: providerText(kind) };
      const provider = PROVIDERS[kind];

      const checked = await provider?.check(resource.inputs, news);
      expect(checked?.failures).toEqual([]);
      expect({ ...checked?.inputs, [PROVIDER_KEY]: providerText(kind) }).toEqual(resource.inputs);
      const inputs = { ...checked?.inputs, [PROVIDER_KEY]: providerText(kind) };
      expect(await provider?.diff(id, resource.outputs, inputs)).toEqual({ changes: false });
    },
  );
});
