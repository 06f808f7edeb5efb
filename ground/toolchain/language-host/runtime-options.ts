import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb.js";

/** `runtime.options` of Pulumi.yaml, as far as a Node program knows them. */
export interface RuntimeOptions {
  readonly typescript?: boolean;
  readonly tsconfig?: string;
  readonly nodeargs?: string;
}

export const runtimeOptions = (info: ProgramInfo | undefined): RuntimeOptions =>
  (info?.getOptions()?.toJavaScript() ?? {}) as RuntimeOptions;

/** Tells the SDK's runner whether to compile TypeScript itself; `typescript: false` leaves it to Node. */
export function compilerEnvironment(options: RuntimeOptions): Record<string, string> {
  return {
    ...(options.typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(options.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
  };
}

/** Splits `nodeargs` at blanks; quoted pieces stay whole. */
export function nodeArguments(options: RuntimeOptions): string[] {
  const words = options.nodeargs?.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/["']/g, ""));
}
