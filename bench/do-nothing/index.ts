import * as pulumi from "@pulumi/pulumi";
import { KindResource } from "../../providers/kernel/resource.ts";
import { doNothing } from "./kind.ts";

class DoNothing extends KindResource {
  constructor(name: string, limit: number) {
    super(doNothing, name, { limit });
  }
}

const config = new pulumi.Config();
const limit = config.requireNumber("limit");
for (let index = 0; index < config.requireNumber("count"); index += 1)
  new DoNothing(`nothing-${index}`, limit);
