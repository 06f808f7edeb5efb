import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

export type Properties = Record<string, unknown>;

/** A partial failure as the engine reads it from the status of a failed create or update. */
export interface InitFailed {
  readonly id: string;
  readonly properties: Properties;
  readonly reasons: readonly string[];
}

/** What a call failed with. */
export class HostError extends Error {
  readonly grpcCode: number;
  readonly initFailed: InitFailed | undefined;

  constructor(error: ServiceError) {
    super(error.details);
    this.name = "HostError";
    this.grpcCode = error.code;
    this.initFailed = readInitFailed(error.metadata ?? new Metadata());
  }
}

/** Pulumi's real dynamic provider host in a process of its own, as the engine talks to it, with no CLI. */
export interface Host {
  readonly pid: number;
  configure(config: Record<string, string>): Promise<void>;
  check(
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes: "unknown" | "none" | "some"; replaces: string[]; deleteBeforeReplace: boolean }>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<Properties>;
  /** `props` and `inputs` are undefined when the answer holds none; an empty id says that the resource is gone. */
  read(
    id: string,
    props: Properties,
  ): Promise<{ id: string; props: Properties | undefined; inputs: Properties | undefined }>;
  delete(id: string, props: Properties): Promise<void>;
  /** What it wrote to standard output after its port, and to standard error. */
  output(): string;
  errors(): string;
  /** The code or signal that it ended with. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Ends the host and the engine that stood in for it. */
  stop(): Promise<void>;
}

export interface HostOptions {
  /** The folder that the host runs in: the one with Pulumi.yaml. */
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** Stack config by full key. The host gets it before anything else. */
  readonly config?: Record<string, string>;
  /** `host:port` of the engine. By default a listener that takes connections and says nothing. */
  readonly engine?: string;
}

const require = createRequire(import.meta.url);
const HOST_SCRIPT = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
const CHANGES = ["unknown", "none", "some"] as const;

export async function startHost(options: HostOptions): Promise<Host> {
  const engine = options.engine === undefined ? await startSilentEngine() : undefined;
  const child = spawn(process.execPath, [HOST_SCRIPT, options.engine ?? engine?.address ?? ""], {
    cwd: options.cwd,
    env: { ...process.env, PULUMI_NODEJS_PROJECT: "project", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const ended = once(child, "exit").then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
  );
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      out.push(chunk);
      const line = /^(\d+)\n/.exec(text(out));
      if (line?.[1] !== undefined) resolve(line[1]);
    });
    ended.then((code) => reject(new Error(`the host ended with ${code}: ${text(err)}`)));
  });
  const client = new provider.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
  });
  const call = <Response>(
    start: (done: (error: ServiceError | null, response: Response) => void) => unknown,
  ): Promise<Response> =>
    new Promise((resolve, reject) => {
      start((error, response) => (error ? reject(new HostError(error)) : resolve(response)));
    });

  const host: Host = {
    pid: child.pid ?? -1,
    ended,
    output: () => text(out).replace(/^\d+\n/, ""),
    errors: () => text(err),
    async configure(config) {
      const request = new messages.ConfigureRequest();
      request.setArgs(toStruct(config));
      await call<unknown>((done) => client.configure(request, done));
    },
    async check(olds, news) {
      const request = new messages.CheckRequest();
      request.setOlds(toStruct(olds));
      request.setNews(toStruct(news));
      const response = await call<messages.CheckResponse>((done) => client.check(request, done));
      const failures = response
        .getFailuresList()
        .map((f) => ({ property: f.getProperty(), reason: f.getReason() }));
      return { inputs: fromStruct(response.getInputs()) ?? {}, failures };
    },
    async diff(id, olds, news) {
      const request = new messages.DiffRequest();
      request.setId(id);
      request.setOlds(toStruct(olds));
      request.setNews(toStruct(news));
      const response = await call<messages.DiffResponse>((done) => client.diff(request, done));
      return {
        changes: CHANGES[response.getChanges()] ?? "unknown",
        replaces: response.getReplacesList(),
        deleteBeforeReplace: response.getDeletebeforereplace(),
      };
    },
    async create(inputs) {
      const request = new messages.CreateRequest();
      request.setProperties(toStruct(inputs));
      const response = await call<messages.CreateResponse>((done) => client.create(request, done));
      return { id: response.getId(), outs: fromStruct(response.getProperties()) ?? {} };
    },
    async update(id, olds, news) {
      const request = new messages.UpdateRequest();
      request.setId(id);
      request.setOlds(toStruct(olds));
      request.setNews(toStruct(news));
      const response = await call<messages.UpdateResponse>((done) => client.update(request, done));
      return fromStruct(response.getProperties()) ?? {};
    },
    async read(id, props) {
      const request = new messages.ReadRequest();
      request.setId(id);
      request.setProperties(toStruct(props));
      const response = await call<messages.ReadResponse>((done) => client.read(request, done));
      return {
        id: response.getId(),
        props: fromStruct(response.getProperties()),
        inputs: fromStruct(response.getInputs()),
      };
    },
    async delete(id, props) {
      const request = new messages.DeleteRequest();
      request.setId(id);
      request.setProperties(toStruct(props));
      await call<unknown>((done) => client.delete(request, done));
    },
    async stop() {
      client.close();
      child.kill("SIGKILL");
      await ended;
      await engine?.stop();
    },
  };
  await host.configure(options.config ?? {});
  return host;
}

/** Takes connections and never speaks, as the engine's gRPC server does before it hears a preface. */
export interface SilentEngine {
  readonly address: string;
  /** How many connections it has taken so far. */
  readonly connections: () => number;
  /** Ends all connections and goes on listening. */
  hangUp(): void;
  stop(): Promise<void>;
  /** Resolves when that many connections have been taken in all. */
  connected(count: number): Promise<void>;
}

export async function startSilentEngine(): Promise<SilentEngine> {
  const sockets = new Set<Socket>();
  let taken = 0;
  const server: Server = createServer((socket) => {
    taken += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    server.emit("taken");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => taken,
    hangUp,
    async connected(count) {
      while (taken < count) await once(server, "taken");
    },
    async stop() {
      hangUp();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

const toStruct = (value: Properties) =>
  struct.Struct.fromJavaScript(value as Record<string, struct.JavaScriptValue>);

const fromStruct = (value: struct.Struct | undefined): Properties | undefined => value?.toJavaScript();

function readInitFailed(metadata: Metadata): InitFailed | undefined {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (bytes === undefined || typeof bytes === "string") return undefined;
  const [any] = status.Status.deserializeBinary(bytes).getDetailsList();
  const detail = any?.unpack(
    messages.ErrorResourceInitFailed.deserializeBinary,
    "pulumirpc.ErrorResourceInitFailed",
  );
  if (!detail) return undefined;
  return {
    id: detail.getId(),
    properties: fromStruct(detail.getProperties()) ?? {},
    reasons: detail.getReasonsList(),
  };
}
