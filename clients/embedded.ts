import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the embedded ground answers, as `slipway ground up` writes it; a part that doesn't run is absent. */
export interface EmbeddedEndpoints {
  readonly nats?: { readonly url: string };
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** `$SLIPWAY_DIR/ground/endpoints.json`, by default `<cwd>/.slipway/ground/endpoints.json`. */
export const endpointsFile = ({ env, cwd }: Surroundings): string =>
  join(env.SLIPWAY_DIR || join(cwd, ".slipway"), "ground", "endpoints.json");

/** Undefined when the embedded ground is not up. Throws when its file is there but can't be understood. */
export function readEmbeddedEndpoints(surroundings: Surroundings): EmbeddedEndpoints | undefined {
  const file = endpointsFile(surroundings);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) throw new SyntaxError(`${file} holds no object`);
  const { nats } = parsed;
  if (nats === undefined) return {};
  if (!isRecord(nats) || typeof nats.url !== "string")
    throw new SyntaxError(`${file}: nats.url is no string`);
  return { nats: { url: nats.url } };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
