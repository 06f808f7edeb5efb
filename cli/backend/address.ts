import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where Pulumi keeps the state of a stack. */
export interface BackendAddress {
  readonly url: string;
  /** Folder of a file backend (the one that holds `.pulumi`). */
  readonly directory: string | undefined;
}

export interface BackendSources {
  /** PULUMI_BACKEND_URL of the environment that the CLI will run with. */
  readonly variable: string | undefined;
  /** `backend.url` of Pulumi.yaml. */
  readonly project: string | undefined;
  /** The one that `pulumi login` chose last. */
  readonly login: string | undefined;
}

/** In the CLI's own order. Undefined when nobody chose one yet. */
export function backendAddress(
  sources: BackendSources,
  root: string,
  home = homedir(),
): BackendAddress | undefined {
  const url = sources.variable || sources.project || sources.login;
  return url === undefined || url === "" ? undefined : { url, directory: directoryOf(url, root, home) };
}

function directoryOf(url: string, root: string, home: string): string | undefined {
  if (!url.startsWith("file://")) return undefined;
  const path = url.slice("file://".length).replace(/\?.*$/, "");
  if (path === "~" || path.startsWith("~/")) return resolve(home, path.slice(2));
  if (isAbsolute(path)) return fileURLToPath(`file://${path}`);
  return resolve(root, path);
}

/** The embedded ground's own: beside its data, without the side files that only matter in shared buckets. */
export const embeddedBackendUrl = (stateDir: string): string =>
  `file://${encodeURI(stateDir).replaceAll("?", "%3F").replaceAll("#", "%23")}?metadata=skip`;
