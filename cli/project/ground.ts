import { type GroundPart, groundDown, groundReset, groundStatus, groundUp } from "../../ground/ground.ts";
import { createProgress } from "../../ground/toolchain/toolchain.ts";
import type { GroundReport } from "../contracts.ts";
import type { Session } from "./session.ts";

/** What the stacks of today stand on. */
export const PARTS: readonly GroundPart[] = ["nats"];

export async function startGround(session: Session): Promise<void> {
  await groundUp({ parts: PARTS, dir: session.groundDir, progress: createProgress(process.stderr) });
}

export const stopGround = (session: Session): Promise<unknown> => groundDown({ dir: session.groundDir });
export const wipeGround = (session: Session): Promise<unknown> => groundReset({ dir: session.groundDir });

/** The ground of the session's stack as it stands; without parts for a stack that names its own servers. */
export async function inspectGround(session: Session): Promise<GroundReport> {
  if (!session.embedded) return { embedded: false, parts: [] };
  const parts = await groundStatus({ dir: session.groundDir });
  return {
    embedded: true,
    parts: parts.map((part) => ({
      name: part.name,
      running: part.running,
      healthy: part.healthy,
      url: part.url ?? null,
      pid: part.pid ?? null,
      dataBytes: part.dataBytes ?? null,
      log: part.log ?? null,
    })),
  };
}
