import * as pulumi from "@pulumi/pulumi";
import { announce } from "./components/announce.ts";
import { Environment, surveyEnvironment } from "./components/environment.ts";
import { ENVIRONMENT, messagingChild } from "./components/naming.ts";
import { loadEnvironment } from "./config/load.ts";

const stackConfig = pulumi.runtime.allConfig();
const stackOwner = `${pulumi.getProject()}/${pulumi.getStack()}/`;

const config = loadEnvironment(stackConfig, { ownerOf: (key) => `${stackOwner}${messagingChild(key)}` });
const outlook = await surveyEnvironment(config, {
  stackConfig: (key) => stackConfig[key],
  stackOwner,
  mustReach: !pulumi.runtime.isDryRun(),
});
announce(outlook);

const fleet = new Environment(ENVIRONMENT, { config, outlook });

export const messaging = fleet.messaging && {
  streams: fleet.messaging.streams,
  buckets: fleet.messaging.buckets,
  objectStores: fleet.messaging.objectStores,
  consumers: fleet.messaging.consumers,
  reservedBytes: fleet.messaging.reservedBytes,
};
