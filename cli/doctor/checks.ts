import type { BackendAddress } from "../backend/address.ts";
import type { Check, GroundReport } from "../contracts.ts";

/** A row of the toolchain's own report (ground/toolchain/inspect.ts). */
export interface ToolFinding {
  readonly tool: string;
  readonly wanted: string;
  readonly version?: string;
  readonly source?: string;
  readonly origin?: string;
  readonly problem?: string;
  readonly remedy?: string;
}

export const toolCheck = (report: ToolFinding): Check => {
  const { tool, wanted, version, source, origin, problem, remedy } = report;
  if (version === undefined) {
    return {
      name: tool,
      status: "missing",
      found: problem ?? "not found",
      wanted,
      remedy: remedy ?? "npm run up",
    };
  }
  const from = [source, origin].filter((part) => part !== undefined).join(", ");
  return {
    name: tool,
    status: problem === undefined ? "ok" : "warning",
    found: `${version} (${from})${problem === undefined ? "" : `; ${problem}`}`,
    wanted,
    remedy: problem === undefined ? null : (remedy ?? null),
  };
};

export type Versions = Readonly<Record<string, string>>;

const REINSTALL = "npm ci --ignore-scripts";
/** More would push the rest of the table off the screen. */
const NAMED_PACKAGES = 3;

/** What is installed against what the lock file says, by package path (`node_modules/nats`). */
export function dependenciesCheck(locked: Versions, installed: Versions | undefined): Check {
  const wanted = "as in package-lock.json";
  const name = "node_modules";
  if (installed === undefined)
    return { name, status: "missing", found: "not installed", wanted, remedy: REINSTALL };
  const wrong = Object.keys(locked)
    .sort()
    .filter((path) => installed[path] !== locked[path])
    .map(
      (path) =>
        `${path.replace(/^node_modules\//, "")} ${installed[path] ?? "missing"}, wanted ${locked[path]}`,
    );
  if (wrong.length === 0) {
    return { name, status: "ok", found: `${Object.keys(locked).length} packages`, wanted, remedy: null };
  }
  const more = wrong.length > NAMED_PACKAGES ? `; and ${wrong.length - NAMED_PACKAGES} more` : "";
  return {
    name,
    status: "missing",
    found: wrong.slice(0, NAMED_PACKAGES).join("; ") + more,
    wanted,
    remedy: REINSTALL,
  };
}

/** A plugin speaks for the SDK of its package, and the CLI for its own: majors must agree. */
export function sdkCheck(sdk: string | undefined, wanted: string, cli: string | undefined): Check {
  const name = "@pulumi/pulumi (SDK)";
  if (sdk === undefined)
    return { name, status: "missing", found: "not installed", wanted, remedy: REINSTALL };
  if (cli !== undefined && major(cli) !== major(sdk)) {
    const found = `${sdk}, but the CLI is ${cli}: their majors differ`;
    return {
      name,
      status: "missing",
      found,
      wanted,
      remedy: `use a Pulumi CLI ${major(sdk)}.x, or unset SLIPWAY_PULUMI`,
    };
  }
  if (sdk === wanted) return { name, status: "ok", found: sdk, wanted, remedy: null };
  return { name, status: "warning", found: sdk, wanted, remedy: REINSTALL };
}

const major = (version: string): string => version.replace(/^v/, "").split(".")[0] ?? "";

/** The ground is started by `up`, so that it being down is nothing that is missing. */
export const groundChecks = (ground: GroundReport): Check[] =>
  ground.parts.map((part) => ({
    name: `ground: ${part.name}`,
    status: part.healthy ? ("ok" as const) : ("warning" as const),
    found: part.healthy
      ? (part.url ?? "healthy")
      : part.running
        ? `unhealthy, see ${part.log ?? "its log"}`
        : "down",
    wanted: "",
    remedy: part.healthy ? null : "slipway ground up",
  }));

export function backendCheck(
  backend: BackendAddress | undefined,
  embedded: boolean,
  exists: (path: string) => boolean,
): Check {
  const name = "state backend";
  if (backend === undefined) {
    const remedy = "pulumi login <url>, or set PULUMI_BACKEND_URL";
    return { name, status: "missing", found: "none chosen", wanted: "", remedy };
  }
  // A backend that Slipway chose is made by the first up.
  if (backend.directory !== undefined && !embedded && !exists(backend.directory)) {
    const found = `${backend.url}: the folder is not there`;
    return { name, status: "missing", found, wanted: "", remedy: `mkdir -p ${backend.directory}` };
  }
  return { name, status: "ok", found: backend.url, wanted: "", remedy: null };
}
