import { toProvider } from "../../providers/kernel/provider.ts";
import { doNothing } from "./kind.ts";

export const provider = toProvider(doNothing);
