export type { Progress } from "../portable/progress.mjs";
export { createProgress, silentProgress } from "../portable/progress.mjs";
export { ToolUnavailable } from "./errors.ts";
export { inspectTools, type ToolReport } from "./inspect.ts";
export { type ProvideOptions, provideTools } from "./provide.ts";
export { pulumiFlavour } from "./pulumi.ts";
export type { ProvidedTool } from "./tool.ts";
export type { ToolName } from "./versions.ts";
