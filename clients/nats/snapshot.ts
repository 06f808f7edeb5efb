import type { StreamInfo } from "./wire.ts";

/**
 * The streams of an account as one listing found them, kept true to this process's own writes: a refresh of hundreds
 * of resources costs one listing, and a write between two reads doesn't cost another.
 */
export class StreamSnapshot {
  #listing: Promise<Map<string, StreamInfo>> | undefined;
  /** What was written since the listing began; undefined for a stream that was deleted. */
  #written = new Map<string, StreamInfo | undefined>();
  /** The last answer, until something is listed or written. */
  #merged: Promise<readonly StreamInfo[]> | undefined;

  async streams(list: () => Promise<readonly StreamInfo[]>, fresh: boolean): Promise<readonly StreamInfo[]> {
    if (fresh || this.#listing === undefined) this.#begin(list);
    this.#merged ??= this.#merge(this.#listing as Promise<Map<string, StreamInfo>>);
    return this.#merged;
  }

  async #merge(listing: Promise<Map<string, StreamInfo>>): Promise<readonly StreamInfo[]> {
    const streams = new Map(await listing);
    for (const [name, info] of this.#written) {
      if (info === undefined) streams.delete(name);
      else streams.set(name, info);
    }
    return [...streams.values()].sort((a, b) => (a.config.name < b.config.name ? -1 : 1));
  }

  wrote(name: string, info: StreamInfo | undefined): void {
    if (this.#listing === undefined) return;
    this.#written.set(name, info);
    this.#merged = undefined;
  }

  #begin(list: () => Promise<readonly StreamInfo[]>): void {
    this.#written = new Map();
    this.#merged = undefined;
    const listing = list().then((streams) => new Map(streams.map((info) => [info.config.name, info])));
    this.#listing = listing;
    listing.catch(() => {
      if (this.#listing === listing) this.#listing = undefined;
    });
  }
}
