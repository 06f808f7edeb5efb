import * as pulumi from "@pulumi/pulumi";
import { announce, failPreview } from "./components/announce.ts";
import { Environment, surveyEnvironment } from "./components/environment.ts";
import { ENVIRONMENT, messagingChild } from "./components/naming.ts";
import { told } from "./components/run.ts";
import { fullKey } from "./config/keys.ts";
import { loadEnvironment } from "./config/load.ts";

const stackConfig = pulumi.runtime.allConfig();
const stackOwner = `${pulumi.getProject()}/${pulumi.getStack()}/`;

const config = await told(() =>
  loadEnvironment(stackConfig, { ownerOf: (key) => `${stackOwner}${messagingChild(key)}` }),
);
const outlook = await told(() =>
  surveyEnvironment(config, {
    stackConfig: (key) => stackConfig[fullKey(pulumi.getProject(), key)],
    stackOwner,
    mustReach: !pulumi.runtime.isDryRun(),
    skip: process.env.SLIPWAY_SKIP_SURVEY === "1",
  }),
);
announce(outlook);

const fleet = new Environment(ENVIRONMENT, { config, outlook });

export const messaging = fleet.messaging && {
  streams: fleet.messaging.streams,
  buckets: fleet.messaging.buckets,
  objectStores: fleet.messaging.objectStores,
  consumers: fleet.messaging.consumers,
  reservedBytes: fleet.messaging.reservedBytes,
};

failPreview(outlook);
