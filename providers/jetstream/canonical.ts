import { bytewise, sortedSet } from "./parsed.ts";

/** Deep equality of JSON values; the order of keys doesn't count, and undefined is absence. */
export const sameValue = (a: unknown, b: unknown): boolean => stableText(a) === stableText(b);

/** JSON with sorted keys and without undefined members. */
export const stableText = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => bytewise(a, b)))
      : member,
  ) ?? "undefined";

/**
 * A declaration in its smallest form: keys sorted, and nothing that equals its default, because state size is speed.
 */
export const compact = <T extends object>(
  value: T,
  defaults: { readonly [K in keyof T]?: unknown } = {},
): T =>
  Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, member]) =>
          member !== undefined && !sameValue(member, (defaults as Record<string, unknown>)[key]),
      )
      .sort(([a], [b]) => bytewise(a, b)),
  ) as T;

/** Undefined for an object without members: absence has one spelling. */
export const unlessEmpty = <T extends object>(value: T | undefined): T | undefined =>
  value === undefined || Object.keys(value).length === 0 ? undefined : value;

interface PlacementLike {
  cluster?: string | undefined;
  tags?: string[] | undefined;
}

export const canonicalPlacement = (placement: PlacementLike | undefined): PlacementLike | undefined =>
  placement === undefined
    ? undefined
    : unlessEmpty(compact({ ...placement, tags: placement.tags && sortedSet(placement.tags) }, { tags: [] }));

interface RepublishLike {
  src?: string | undefined;
  dest: string;
  headersOnly?: boolean | undefined;
}

/** Matches everything: what the server fills in for an empty source of a republish. */
const EVERYTHING = ">";

export const canonicalRepublish = (republish: RepublishLike | undefined): RepublishLike | undefined =>
  republish === undefined ? undefined : compact(republish, { src: EVERYTHING, headersOnly: false });

interface OriginLike {
  domain?: string | undefined;
  external?: { api: string; deliver?: string | undefined } | undefined;
  startTime?: string | undefined;
  startSeq?: number | undefined;
}

const DOMAIN_API = /^\$JS\.([^.]+)\.API$/;

/** API prefix that the server knows a JetStream domain by. */
export const domainApi = (domain: string): string => `$JS.${domain}.API`;

/** One spelling of where an origin lives: its domain, where the API prefix says nothing more than that. */
export const canonicalOrigin = <O extends OriginLike>(origin: O): O => {
  const domain = origin.domain ?? DOMAIN_API.exec(origin.external?.api ?? "")?.[1];
  const plain = domain !== undefined && origin.external?.deliver === undefined;
  return compact({
    ...origin,
    domain: plain ? domain : undefined,
    external: plain ? undefined : origin.external,
  });
};

/** Sets of origins have one order: that of their text. */
export const canonicalOrigins = <O extends OriginLike>(origins: readonly O[] | undefined): O[] | undefined =>
  origins === undefined || origins.length === 0
    ? undefined
    : origins.map(canonicalOrigin).sort((a, b) => bytewise(stableText(a), stableText(b)));
