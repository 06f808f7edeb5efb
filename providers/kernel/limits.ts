/**
 * The stored provider text, in bytes. It stands twice in every resource's state, and a file backend writes the whole
 * state twice at each step, so N resources write each of its bytes about 2N times.
 */
export const MAX_PROVIDER_TEXT_BYTES = 400;

/**
 * One error message, in bytes of UTF-8. It travels in an HTTP/2 trailer, percent-encoded; the host's server loses the
 * whole status when its trailers pass 64 KiB (Node's `maxSendHeaderBlockLength`).
 */
export const MAX_MESSAGE_BYTES = 4_096;

/**
 * Properties and message of a partial failure together, in bytes of protobuf. They share that trailer: the message stands
 * in it twice more, once in base64 like the rest (a third larger), once percent-encoded (up to three times larger). So
 * 35,000 and two times 4,096 bytes become at most 64,416.
 */
export const MAX_PARTIAL_BYTES = 35_000;

/** Levels of nesting kept in a value that leaves a provider; protobuf readers stop at 100, two levels for each of ours. */
export const MAX_DEPTH = 40;

/** Characters of a refused value that an error quotes. */
export const MAX_QUOTED_VALUE = 120;

/** Longest time between the engine's death and this process's end. */
export const ENGINE_DEATH_GRACE_MS = 1_000;

/** Pause before the engine's address is dialled again after a connection closed or was refused. */
export const ENGINE_REDIAL_MS = 200;
