import type { StreamSource } from "../../clients/nats/wire.ts";
import { compact, domainApi, stableText } from "./canonical.ts";
import { show } from "./parsed.ts";

/** The part of a declared origin that streams and buckets share. */
interface Origin {
  readonly startSeq?: number | undefined;
  readonly startTime?: string | undefined;
  readonly domain?: string | undefined;
  readonly external?: { readonly api: string; readonly deliver?: string | undefined } | undefined;
}

const externalOf = ({ domain, external }: Origin): StreamSource["external"] => {
  if (domain !== undefined) return { api: domainApi(domain) };
  return external && (compact({ ...external }) as StreamSource["external"]);
};

/** An origin as it travels: the domain is the client's word, the server knows an API prefix. */
export const originToWire = (name: string, origin: Origin, more: Partial<StreamSource> = {}): StreamSource =>
  compact<StreamSource>({
    ...more,
    name,
    opt_start_seq: origin.startSeq,
    opt_start_time: origin.startTime,
    external: externalOf(origin),
  } as StreamSource);

/** The shared part of an origin from the wire; `canonicalOrigin` finds the domain again. */
export const originFromWire = (source: StreamSource) => ({
  startSeq: source.opt_start_seq,
  startTime: source.opt_start_time,
  external: source.external,
});

/**
 * One line on a source that is there twice, in the server's eyes: where to start makes no difference to it. It would drop
 * one of them, or refuse both (nats-server, 400/10140, since 2.10).
 */
export const repeatedOrigin = <O extends Origin>(
  origins: readonly O[],
  nameOf: (origin: O) => string,
): string | undefined => {
  const seen = new Set<string>();
  const repeated = origins.find((origin) => {
    const { startSeq: _seq, startTime: _time, domain: _domain, external: _external, ...rest } = origin;
    const key = stableText([rest, externalOf(origin)?.api]);
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
  return (
    repeated && `${show(nameOf(repeated))} is there twice, with only its start different at most: remove one`
  );
};
