import type {
  handleUnaryCall,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type {
  AboutResponse,
  GetProgramDependenciesRequest,
  GetProgramDependenciesResponse,
  GetRequiredPackagesRequest,
  GetRequiredPackagesResponse,
  InstallDependenciesRequest,
  InstallDependenciesResponse,
  RunRequest,
} from "@pulumi/pulumi/proto/language_pb.js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import { startProgram, stopChildren } from "./children.ts";
import { programDependencies, type RequiredPackage, requiredPackages } from "./packages.ts";
import { type PluginCall, runPlugin } from "./plugin.ts";
import { runProgram } from "./program.ts";
import type { Sdk } from "./sdk.ts";

/** The LanguageRuntime service. Generating code and packages is left to the official host: those calls are unimplemented. */
export function languageRuntime(sdk: Sdk, engineAddress: string): UntypedServiceImplementation {
  const { language } = sdk;
  return {
    handshake: answer(sdk, () => new language.LanguageHandshakeResponse()),
    getPluginInfo: answer(sdk, () => pluginInfo(sdk)),
    getRequiredPackages: answer(sdk, (request: GetRequiredPackagesRequest) => packagesResponse(sdk, request)),
    getRequiredPlugins: answer(sdk, () => new language.GetRequiredPluginsResponse()),
    run: answer(sdk, (request: RunRequest) => runProgram(sdk, engineAddress, request)),
    about: answer(sdk, () => about(sdk)),
    getProgramDependencies: answer(sdk, (request: GetProgramDependenciesRequest) =>
      dependencies(sdk, request),
    ),
    runtimeOptionsPrompts: answer(sdk, () => new language.RuntimeOptionsResponse()),
    installDependencies: (call: InstallCall) => installDependencies(sdk, call),
    runPlugin: (call: PluginCall) => runPlugin(sdk, call),
    cancel: answer(sdk, () => {
      stopChildren("SIGINT");
      return new sdk.Empty();
    }),
  };
}

function answer<Request, Response>(
  sdk: Sdk,
  handle: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => {
    try {
      done(null, await handle(call.request));
    } catch (error) {
      done({ code: sdk.grpc.status.UNKNOWN, message: (error as Error).message });
    }
  };
}

function pluginInfo(sdk: Sdk): PluginInfo {
  const info = new sdk.plugin.PluginInfo();
  info.setVersion(sdk.version);
  return info;
}

function packagesResponse(sdk: Sdk, request: GetRequiredPackagesRequest): GetRequiredPackagesResponse {
  const response = new sdk.language.GetRequiredPackagesResponse();
  const directory = request.getInfo()?.getProgramDirectory() ?? process.cwd();
  response.setPackagesList(requiredPackages(directory).map((required) => packageDependency(sdk, required)));
  return response;
}

function packageDependency(sdk: Sdk, required: RequiredPackage) {
  const dependency = new sdk.plugin.PackageDependency();
  dependency.setName(required.name);
  dependency.setKind("resource");
  dependency.setVersion(required.version);
  if (required.server) dependency.setServer(required.server);
  if (required.parameterization) {
    const parameterization = new sdk.plugin.PackageParameterization();
    parameterization.setName(required.parameterization.name);
    parameterization.setVersion(required.parameterization.version);
    parameterization.setValue(required.parameterization.value);
    dependency.setParameterization(parameterization);
  }
  return dependency;
}

function about(sdk: Sdk): AboutResponse {
  const response = new sdk.language.AboutResponse();
  response.setExecutable(process.execPath);
  response.setVersion(process.version);
  return response;
}

function dependencies(sdk: Sdk, request: GetProgramDependenciesRequest): GetProgramDependenciesResponse {
  const directory = request.getInfo()?.getProgramDirectory() ?? process.cwd();
  const response = new sdk.language.GetProgramDependenciesResponse();
  response.setDependenciesList(
    programDependencies(directory, request.getTransitivedependencies()).map(({ name, version }) => {
      const info = new sdk.language.DependencyInfo();
      info.setName(name);
      info.setVersion(version);
      return info;
    }),
  );
  return response;
}

type InstallCall = ServerWritableStream<InstallDependenciesRequest, InstallDependenciesResponse>;

/** `pulumi install`: npm, with its output sent on. Scripts of packages don't run, as everywhere in Slipway. */
function installDependencies(sdk: Sdk, call: InstallCall): void {
  const directory = call.request.getInfo()?.getProgramDirectory() || call.request.getDirectory();
  const child = startProgram("npm", ["install", "--ignore-scripts"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const send = (name: "setStdout" | "setStderr") => (data: Buffer) => {
    const response = new sdk.language.InstallDependenciesResponse();
    response[name](data);
    call.write(response);
  };
  child.stdout?.on("data", send("setStdout"));
  child.stderr?.on("data", send("setStderr"));
  child.once("error", (error) => call.destroy(error));
  child.once("close", (code) => {
    if (code === 0) call.end();
    else call.destroy(new Error(`npm install in ${directory} ended with exit code ${code}`));
  });
}
