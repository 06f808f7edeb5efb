/** 16 GiB: the fleet preset reserves 11,609,833,472 bytes, and a reservation is only a promise, not space on disk. */
export const DEFAULT_MAX_FILE_STORE_BYTES = 16 * 1024 ** 3;
/** The preset keeps everything in files; this leaves room for a few memory streams of one's own. */
export const DEFAULT_MAX_MEMORY_STORE_BYTES = 256 * 1024 ** 2;
/** nats-server's own word for "any free port". */
export const ANY_PORT = -1;

export interface NatsSettings {
  readonly port: number;
  readonly storeDir: string;
  /** Where the server writes the ports that it took, as `nats-server_<pid>.ports`. */
  readonly portsDir: string;
  readonly maxFileStoreBytes: number;
  readonly maxMemoryStoreBytes: number;
  /** More configuration in the server's own language, put at the end: accounts, TLS. */
  readonly extra?: string;
}

/** The server's configuration file. Strings are quoted as JSON, which its parser reads. */
export function renderConfig(settings: NatsSettings): string {
  const lines = [
    `server_name: "slipway"`,
    `host: "127.0.0.1"`,
    `port: ${settings.port}`,
    `http: "127.0.0.1:${ANY_PORT}"`,
    `ports_file_dir: ${JSON.stringify(settings.portsDir)}`,
    "jetstream {",
    `  store_dir: ${JSON.stringify(settings.storeDir)}`,
    `  max_file_store: ${settings.maxFileStoreBytes}`,
    `  max_memory_store: ${settings.maxMemoryStoreBytes}`,
    "}",
  ];
  if (settings.extra) lines.push(settings.extra);
  return `${lines.join("\n")}\n`;
}
