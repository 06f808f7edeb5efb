import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** The parts of a package.json that the engine's questions are about. */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
    readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
  };
}

/** A resource plugin that belongs to a package of the program. */
export interface RequiredPackage {
  readonly name: string;
  /** With a leading `v`. */
  readonly version: string;
  readonly server?: string;
  readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
}

export interface Dependency {
  readonly name: string;
  readonly version: string;
}

/**
 * The plugins of the program's declared dependencies, as far as they are installed already.
 *
 * The engine fetches every package named here before the program runs, with retries, whether the program will register
 * anything of it or not. A project that declares a Kubernetes SDK for some of its stacks would on a closed network wait
 * for that in all of them. Nothing is lost by leaving it out: each registration carries its package's version and
 * download address, and the engine fetches the plugin then, for the programs that do use it.
 */
export function requiredPackages(directory: string): RequiredPackage[] {
  const found: RequiredPackage[] = [];
  for (const manifest of declaredManifests(directory)) {
    const { pulumi } = manifest;
    const name = pulumi?.name ?? scopedName(manifest.name);
    const version = pulumi?.version ?? manifest.version;
    if (!pulumi?.resource || !name || !version) continue;
    const required = {
      name,
      version: `v${version.replace(/^v/, "")}`,
      ...(pulumi.server === undefined ? {} : { server: pulumi.server }),
      ...(pulumi.parameterization === undefined ? {} : { parameterization: pulumi.parameterization }),
    };
    if (isPluginInstalled(required)) found.push(required);
  }
  return found;
}

/** Packages with their installed versions: the declared ones, or everything in `node_modules` when `transitive`. */
export function programDependencies(directory: string, transitive: boolean): Dependency[] {
  const manifests = transitive ? installedManifests(directory) : declaredManifests(directory);
  return manifests.flatMap(({ name, version }) => (name && version ? [{ name, version }] : []));
}

const scopedName = (name: string | undefined): string | undefined => /^@pulumi\/(.+)$/.exec(name ?? "")?.[1];

function isPluginInstalled({ name, version }: RequiredPackage): boolean {
  const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  if (exists(join(home, "plugins", `resource-${name}-${version}`))) return true;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => folder !== "" && exists(join(folder, `pulumi-resource-${name}`)));
}

function declaredManifests(directory: string): Manifest[] {
  const root = nearestManifest(directory);
  const declared = { ...root?.manifest.dependencies, ...root?.manifest.devDependencies };
  return Object.keys(declared)
    .sort()
    .flatMap((name) => findInstalled(root?.directory ?? directory, name) ?? []);
}

function nearestManifest(directory: string): { directory: string; manifest: Manifest } | undefined {
  for (const folder of upwards(directory)) {
    const manifest = readManifest(folder);
    if (manifest) return { directory: folder, manifest };
  }
  return undefined;
}

function findInstalled(directory: string, name: string): Manifest | undefined {
  for (const folder of upwards(directory)) {
    const manifest = readManifest(join(folder, "node_modules", name));
    if (manifest) return manifest;
  }
  return undefined;
}

function installedManifests(directory: string): Manifest[] {
  const modules = join(directory, "node_modules");
  return listFolders(modules)
    .flatMap((name) =>
      name.startsWith("@") ? listFolders(join(modules, name)).map((sub) => join(name, sub)) : [name],
    )
    .flatMap((name) => readManifest(join(modules, name)) ?? []);
}

function listFolders(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => !name.startsWith("."))
      .sort();
  } catch {
    return [];
  }
}

function* upwards(directory: string): Generator<string> {
  for (let folder = directory; ; folder = dirname(folder)) {
    yield folder;
    if (folder === dirname(folder)) return;
  }
}

function readManifest(directory: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
