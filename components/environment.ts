import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentConfig } from "../config/load.ts";
import { openBackend } from "../providers/jetstream/connect.ts";
import type { LiveFacts } from "../providers/jetstream/forecast.ts";
import type { Finding } from "../providers/kernel/finding.ts";
import { survey } from "../survey/survey.ts";
import { Messaging } from "./messaging.ts";
import { messagingSurveyor } from "./messaging-survey.ts";
import { messagingName } from "./naming.ts";

/** For one look at one ground. A preview must not hang on a server that doesn't answer. */
const LOOK_DEADLINE_MS = 10_000;

/** What is known of the grounds before anything is registered. */
export interface Outlook {
  readonly findings: readonly Finding[];
  readonly messaging: LiveFacts | undefined;
  /** True when some ground could not be looked at. */
  readonly offline: boolean;
}

export interface OutlookOptions {
  readonly stackConfig: (key: string) => string | undefined;
  /** `<project>/<stack>/`: how the marks of this stack's resources begin. */
  readonly stackOwner: string;
  /** True during `up`. */
  readonly mustReach: boolean;
  /** For a refresh or destroy that runs the program only for its config. Default: false. */
  readonly skip?: boolean;
}

/** Looks at every ground of the environment once, read-only, and gathers what the forecasts find. */
export async function surveyEnvironment(
  config: EnvironmentConfig,
  options: OutlookOptions,
): Promise<Outlook> {
  if (config.messaging === undefined || options.skip === true)
    return { findings: [], messaging: undefined, offline: false };
  const open = () => openBackend({ config: options.stackConfig });
  const { facts, findings } = await survey(messagingSurveyor(config.messaging, open, options.stackOwner), {
    deadlineMs: LOOK_DEADLINE_MS,
    mustReach: options.mustReach,
  });
  return { findings, messaging: facts, offline: facts === undefined };
}

export interface EnvironmentArgs {
  readonly config: EnvironmentConfig;
  readonly outlook: Outlook;
}

/** One fleet environment: everything that a stack config declares. */
export class Environment extends pulumi.ComponentResource {
  readonly messaging: Messaging | undefined;

  constructor(name: string, args: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:environment:Environment", name, {}, opts);
    const { config, outlook } = args;
    this.messaging =
      config.messaging === undefined
        ? undefined
        : new Messaging(
            messagingName(name),
            { messaging: config.messaging, facts: outlook.messaging, protect: config.defaults.protect },
            { parent: this },
          );
    this.registerOutputs({});
  }
}
