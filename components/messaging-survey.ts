import { NatsUnreachable } from "../clients/nats/errors.ts";
import type { Invariant, MessagingConfig } from "../config/load.ts";
import type { JetStreamBackend } from "../providers/jetstream/backend.ts";
import { userError } from "../providers/jetstream/effects.ts";
import { type Declared, forecast, forecastOffline, type LiveFacts } from "../providers/jetstream/forecast.ts";
import { lookAtJetStream } from "../providers/jetstream/look.ts";
import { orderOf } from "../providers/jetstream/order.ts";
import type { Finding } from "../providers/kernel/finding.ts";
import { type Surveyor, Unreachable } from "../survey/survey.ts";

/** The messaging part of the survey: one look at JetStream, judged by the kinds' own forecasts. */
export function messagingSurveyor(
  messaging: MessagingConfig,
  open: () => Promise<JetStreamBackend>,
  stackOwner: string,
): Surveyor<LiveFacts> {
  const { declared } = messaging;
  return {
    ground: "NATS",
    async look() {
      try {
        const looked = await lookAtJetStream(await open(), streamsWithConsumers(declared));
        return {
          ...looked,
          now: Date.now(),
          stackOwner,
          ...(messaging.storageBudgetBytes === undefined
            ? {}
            : { budgetBytes: messaging.storageBudgetBytes }),
        };
      } catch (error) {
        if (error instanceof NatsUnreachable) throw new Unreachable(error.message, { cause: error });
        throw userError({ kind: "NATS", resource: "connection" }, error);
      }
    },
    forecastOffline: () => [
      ...forecastOffline(declared),
      ...orderOf(declared, undefined).cycles,
      ...messaging.invariants.flatMap(brokenInvariant),
    ],
    forecast: (facts) => [...forecast(declared, facts), ...orderOf(declared, facts).cycles],
  };
}

const streamsWithConsumers = (declared: readonly Declared[]): string[] =>
  declared.flatMap((item) => (item.kind === "Consumer" ? [item.input.stream] : []));

function brokenInvariant({ left, right, why }: Invariant): Finding[] {
  const values = [left, right].map(({ declared, property }) => shown(declared, property));
  if (values[0] === values[1]) return [];
  return [
    {
      severity: "warning",
      code: "invariant.unequal",
      resource: left.declared.name,
      path: left.path,
      message: `${left.property} is ${values[0]}, but ${right.declared.name} has ${right.property} ${values[1]}: ${why}`,
      facts: { left: values[0] ?? "", right: values[1] ?? "" },
      remedy: `set both to the same (${left.path} and ${right.path})`,
    },
  ];
}

const shown = (declared: Declared, property: string): string =>
  String((declared.input as unknown as Record<string, unknown>)[property] ?? "unlimited");
