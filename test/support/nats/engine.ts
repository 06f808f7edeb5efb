import type { OpenBackend } from "../../../providers/jetstream/effects.ts";
import type { Change, Context, Kind, Stored } from "../../../providers/kernel/kind.ts";
import type { World } from "./world.ts";

/** A resource as the engine has it in state. */
export interface Resource<I, C> extends Stored<I, C> {
  readonly id: string;
}

export class Refused extends Error {
  readonly changes: readonly Change[];

  constructor(changes: readonly Change[]) {
    super(changes.map(({ path, reason }) => `${path}: ${reason}`).join("\n"));
    this.changes = changes;
  }
}

export interface Engine<I, C> {
  /** What the last call sent to the server, by API call. */
  sent(): Record<string, number>;
  /** Lines that the last call logged. */
  log(): readonly string[];
  /** Creates, or plans and does what the plan says; throws `Refused` where it says no. */
  up(declaration: object, prior?: Resource<I, C>): Promise<Resource<I, C>>;
  refresh(resource: Resource<I, C>): Promise<Resource<I, C> | undefined>;
  get(id: string): Promise<Resource<I, C> | undefined>;
  destroy(resource: Resource<I, C>): Promise<void>;
  /** The action that a preview would show. */
  preview(declaration: object, prior: Resource<I, C>): string;
}

export const quietContext = (more: Partial<Context> = {}): Context => ({
  config: () => undefined,
  log: () => {},
  signal: new AbortController().signal,
  now: () => Date.now(),
  replacing: false,
  ...more,
});

/** Drives a kind the way Pulumi's engine does, each call with a client as a new process has it. */
export function engineFor<I extends object, C extends object>(
  kindOver: (open: OpenBackend) => Kind<I, C>,
  world: World,
): Engine<I, C> {
  let sent: () => Record<string, number> = () => ({});
  let lines: string[] = [];
  const run = async <T>(
    work: (kind: Kind<I, C>, context: Context) => Promise<T>,
    replacing = false,
  ): Promise<T> => {
    const client = await world.client();
    sent = client.sent;
    lines = [];
    const context = quietContext({ log: (line) => lines.push(line), replacing });
    return work(
      kindOver(async () => client.backend),
      context,
    );
  };
  const pure = kindOver(() => Promise.reject(new Error("a plan opens no connection")));
  const parse = (declaration: object): I => pure.schema.parse(declaration);
  return {
    sent: () => sent(),
    log: () => lines,
    async up(declaration, prior) {
      const next = parse(declaration);
      if (prior === undefined) return run((kind, context) => kind.create(context, next));
      const plan = pure.plan(prior.input, next);
      switch (plan.action) {
        case "refused":
          throw new Refused(plan.changes.filter(({ effect }) => effect === "refused"));
        case "none":
          sent = () => ({});
          return prior;
        case "update":
          return run(async (kind, context) => ({
            id: prior.id,
            ...(await kind.update(context, prior.id, prior, next)),
          }));
        case "replace":
          await run((kind, context) => kind.delete(context, prior.id, prior), plan.consented !== false);
          return run((kind, context) => kind.create(context, next));
      }
    },
    refresh: (resource) =>
      run(async (kind, context) => {
        const live = await kind.read(context, resource.id, resource);
        return live && { id: resource.id, ...live };
      }),
    get: (id) =>
      run(async (kind, context) => {
        const live = await kind.read(context, id);
        return live && { id, ...live };
      }),
    destroy: (resource) => run((kind, context) => kind.delete(context, resource.id, resource)),
    preview: (declaration, prior) => pure.plan(prior.input, parse(declaration)).action,
  };
}

/** The user's error of a call that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<Error & { errorCode?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error("did not fail");
}
