import { z } from "zod";
import { endpointsFile } from "../../clients/embedded.ts";
import { type OwnedNats, startNats } from "../../ground/nats/owned.ts";
import { writeFileAtomically } from "../../ground/portable/atomic-file.mjs";
import { provideTools } from "../../ground/toolchain/toolchain.ts";
import { storeBytes } from "./workload.ts";

export interface BenchServer {
  readonly url: string;
  readonly version: string;
  /** JetStream API requests that the server has answered since it started. */
  requests(): Promise<number>;
  /** Writes down, as `slipway ground up` does, that this is the server of the embedded stack in `slipwayDir`. */
  serve(slipwayDir: string): void;
  stop(): Promise<void>;
}

/** Of nats-server's monitoring page `/jsz`; counting by it sends the server no message. */
const statistics = z.looseObject({ api: z.looseObject({ total: z.int() }) });

/** A nats-server that belongs to the benchmark, with its data in `dir` and room for `count` streams. */
export async function startBenchServer(dir: string, count: number): Promise<BenchServer> {
  const { "nats-server": tool } = await provideTools(["nats-server"]);
  const server: OwnedNats = await startNats({
    binary: tool.path,
    dir,
    maxFileStoreBytes: storeBytes(count),
  });
  return {
    url: server.url,
    version: tool.version,
    async requests() {
      const answer = await fetch(`${server.monitorUrl}/jsz`);
      return statistics.parse(await answer.json()).api.total;
    },
    serve: (slipwayDir) =>
      writeFileAtomically(
        endpointsFile({ env: { SLIPWAY_DIR: slipwayDir }, cwd: slipwayDir }),
        JSON.stringify({ nats: { url: server.url } }),
      ),
    stop: server.stop,
  };
}
