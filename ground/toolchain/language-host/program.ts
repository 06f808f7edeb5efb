import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { startNode } from "./children.ts";
import { compilerEnvironment, nodeArguments, runtimeOptions } from "./runtime-options.ts";
import type { Sdk } from "./sdk.ts";

/** The SDK's runner ends with this code when the program failed and the user has been told why already. */
const EXIT_AFTER_LOGGED_ERROR = 32;

/** Runs the program to its end. It talks to the engine itself; the host only waits. */
export async function runProgram(sdk: Sdk, engineAddress: string, request: RunRequest): Promise<RunResponse> {
  const directory = request.getPwd() || process.cwd();
  const options = runtimeOptions(request.getInfo());
  const child = startNode(
    [
      ...nodeArguments(options),
      runner(sdk, directory),
      ...runnerArguments(engineAddress, directory, request),
    ],
    {
      cwd: directory,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...compilerEnvironment(options), ...configEnvironment(request) },
    },
  );
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...end) => resolve(end));
  });
  const response = new sdk.language.RunResponse();
  if (code === EXIT_AFTER_LOGGED_ERROR) response.setBail(true);
  else if (signal !== null) response.setError(`the program was ended by ${signal}`);
  else if (code !== 0) response.setError(`the program ended with exit code ${code}`);
  return response;
}

const runner = (sdk: Sdk, directory: string): string =>
  process.env.PULUMI_LANGUAGE_NODEJS_RUN_PATH ?? sdk.resolve("@pulumi/pulumi/cmd/run", directory);

function runnerArguments(engineAddress: string, directory: string, request: RunRequest): string[] {
  const info = request.getInfo();
  const flags: readonly [string, string | number | undefined][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engineAddress],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["stack", request.getStack()],
    ["root-directory", info?.getRootDirectory()],
    ["pwd", directory],
    ["parallel", request.getParallel()],
  ];
  const given = flags.filter(([, value]) => value !== undefined && value !== "" && value !== 0);
  return [
    ...given.flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || request.getProgram() || ".",
    ...request.getArgsList(),
  ];
}

function configEnvironment(request: RunRequest): Record<string, string> {
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}
