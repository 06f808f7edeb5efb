import { toProvider } from "../../kernel/provider.ts";
import { openBackend } from "../connect.ts";
import { keyValueKind } from "./kind.ts";

/** Loaded by the stored provider text as `slipway/kind/KeyValue`: file and name are part of what is in state. */
export const provider = toProvider(keyValueKind(openBackend));
