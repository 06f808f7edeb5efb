import type { StreamConfig } from "../../clients/nats/wire.ts";
import { bytesOf, formatBytes, UNLIMITED } from "./bytes.ts";
import { textDuration, wireDuration } from "./duration.ts";

/** Single values between canonical input, where absence means "no limit" or "none", and the wire. */

export const limitFromWire = (value: number | undefined): number | undefined =>
  value === undefined || value <= 0 ? undefined : value;

export const bytesFromWire = (value: number | undefined): string | undefined =>
  value === undefined || value <= 0 ? undefined : formatBytes(value);
export const bytesToWire = (text: string | undefined): number =>
  text === undefined ? UNLIMITED : bytesOf(text);

export const durationFromWire = (value: number | undefined): string | undefined =>
  value === undefined || value <= 0 ? undefined : textDuration(value);
export const durationToWire = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : wireDuration(text);

interface Republish {
  readonly src?: string | undefined;
  readonly dest: string;
  readonly headersOnly?: boolean | undefined;
}

export const republishToWire = (republish: Republish | undefined): StreamConfig["republish"] =>
  republish && {
    src: republish.src ?? ">",
    dest: republish.dest,
    ...(republish.headersOnly === true ? { headers_only: true } : {}),
  };
export const republishFromWire = (republish: StreamConfig["republish"]): Republish | undefined =>
  republish && { src: republish.src, dest: republish.dest, headersOnly: republish.headers_only };
