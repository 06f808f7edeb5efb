import { addCompanions, companionIngredients } from "./pulumi.ts";
import type { AnyToolName, Platform, Release, Tool } from "./tool.ts";
import { TOOL_VERSIONS } from "./versions.ts";

const PUBLISHED_FOR = new Set(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]);
const isPublished = ({ os, arch }: Platform): boolean => PUBLISHED_FOR.has(`${os}-${arch}`);
const goArch = (arch: string): string => (arch === "x64" ? "amd64" : arch);

const natsRelease: Release = {
  kind: "release",
  asset(platform, version) {
    if (!isPublished(platform)) return undefined;
    const base = `https://github.com/nats-io/nats-server/releases/download/v${version}`;
    const folder = `nats-server-v${version}-${platform.os}-${goArch(platform.arch)}`;
    return { url: `${base}/${folder}.tar.gz`, checksums: `${base}/SHA256SUMS`, folder };
  },
};

const pulumiRelease: Release = {
  kind: "release",
  asset(platform, version) {
    if (!isPublished(platform)) return undefined;
    const base = `https://github.com/pulumi/pulumi/releases/download/v${version}`;
    return {
      url: `${base}/pulumi-v${version}-${platform.os}-${platform.arch}.tar.gz`,
      checksums: `${base}/pulumi-${version}-checksums.txt`,
      folder: "pulumi",
    };
  },
};

function natsServer<Name extends "nats-server" | "nats-server-2.9" | "nats-server-2.10">(
  name: Name,
  neededBy: "stack" | "tests",
): Tool<Name> {
  return {
    name,
    ...TOOL_VERSIONS[name],
    neededBy,
    binaries: ["nats-server"],
    versionArgs: ["--version"],
    versionPattern: /v(\d+\.\d+\.\d+\S*)/,
    override: `SLIPWAY_${name.toUpperCase().replace(/[-.]/g, "_")}`,
    sources: [
      natsRelease,
      {
        kind: "go build",
        module: name,
        packages: { "github.com/nats-io/nats-server/v2": "nats-server" },
        ldflags: [],
        tags: [],
      },
    ],
  };
}

const pulumiVersion = {
  versionArgs: ["version"],
  versionPattern: /v(\d+\.\d+\.\d+\S*)/,
} as const;

/**
 * The one table of tools: a row for each program that Slipway starts. A new tool is a row here, its version in
 * versions.json, and its pinned Go module under modules/.
 */
export const TOOLS: { readonly [Name in AnyToolName]: Tool<Name> } = {
  node: {
    name: "node",
    ...TOOL_VERSIONS.node,
    neededBy: "stack",
    binaries: ["node"],
    versionArgs: ["--version"],
    versionPattern: /v(\d+\.\d+\.\d+\S*)/,
    override: "SLIPWAY_NODE",
    // The bootstrap had to provide it before this file could be read: portable/node.mjs is its only source.
    sources: [],
  },
  pulumi: {
    name: "pulumi",
    ...TOOL_VERSIONS.pulumi,
    neededBy: "stack",
    // The CLI looks for the other two beside itself.
    binaries: ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"],
    ...pulumiVersion,
    override: "SLIPWAY_PULUMI",
    sources: [
      pulumiRelease,
      { kind: "assembly", from: "pulumi-cli", ingredients: companionIngredients, assemble: addCompanions },
    ],
  },
  // By itself, so that a changed language host doesn't build the CLI again, which takes minutes.
  "pulumi-cli": {
    name: "pulumi-cli",
    version: TOOL_VERSIONS.pulumi.version,
    range: TOOL_VERSIONS.pulumi.version,
    neededBy: "stack",
    binaries: ["pulumi"],
    ...pulumiVersion,
    override: "SLIPWAY_PULUMI_CLI",
    sources: [
      {
        kind: "go build",
        module: "pulumi",
        packages: { "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi": "pulumi" },
        ldflags: [
          `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${TOOL_VERSIONS.pulumi.version}`,
        ],
        tags: ["osusergo", "grpcnotrace"],
      },
    ],
  },
  "nats-server": natsServer("nats-server", "stack"),
  "nats-server-2.9": natsServer("nats-server-2.9", "tests"),
  "nats-server-2.10": natsServer("nats-server-2.10", "tests"),
};
