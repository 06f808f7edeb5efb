/** The rooms of the house and which way its doors open (docs/architecture.md). Checked by `npm run lint`. */
const rooms = ["config", "survey", "components", "providers", "clients", "ground", "cli"];
const room = (name) => `^${name}/`;

export default {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "kernel-knows-no-kind",
      severity: "error",
      from: { path: room("providers/kernel") },
      to: { path: `^(${rooms.join("|")})/`, pathNot: room("providers/kernel") },
    },
    {
      name: "kind-imports-kernel-clients-and-itself",
      severity: "error",
      from: { path: "^providers/(?!kernel/)([^/]+)/" },
      to: { path: `^(${rooms.join("|")})/`, pathNot: ["^providers/kernel/", "^clients/", "^providers/$1/"] },
    },
    {
      name: "clients-are-the-ground-floor",
      severity: "error",
      from: { path: room("clients") },
      to: { path: `^(${rooms.join("|")})/`, pathNot: room("clients") },
    },
    {
      name: "survey-knows-no-kind",
      severity: "error",
      from: { path: room("survey") },
      to: { path: `^(${rooms.join("|")})/`, pathNot: ["^survey/", "^providers/kernel/"] },
    },
    {
      name: "only-cli-test-and-bench-start-the-ground",
      severity: "error",
      from: { pathNot: ["^cli/", "^test/", "^bench/", "^ground/"] },
      to: { path: room("ground") },
    },
    {
      name: "ground-stands-alone",
      severity: "error",
      from: { path: room("ground") },
      to: { path: `^(${rooms.join("|")})/`, pathNot: ["^ground/", "^clients/"] },
    },
    {
      name: "nothing-imports-the-command-line",
      severity: "error",
      from: { pathNot: ["^cli/", "^test/", "^bench/"] },
      to: { path: room("cli") },
    },
    {
      name: "pulumi-resources-stay-in-components",
      severity: "error",
      from: { pathNot: ["^components/", "^index.ts$", "^test/"] },
      to: { path: "node_modules/@pulumi/(kubernetes|command)/" },
    },
    {
      name: "pure-files-do-no-io",
      comment:
        "Effects live in effects.ts, provider.ts and clients/; everything else in a kind is a pure function.",
      severity: "error",
      from: {
        path: "^providers/(?!kernel/)",
        pathNot: "/(effects|provider|resource|connect)\\.ts$",
      },
      to: {
        path: "^(node:)?(fs|net|tls|http|https|child_process|dgram|os|timers)(/promises)?$",
        dependencyTypes: ["core"],
      },
    },
    {
      name: "pure-files-open-no-connection",
      severity: "error",
      from: {
        path: "^providers/(?!kernel/)",
        pathNot: "/(effects|provider|resource|connect|backend|fake)\\.ts$",
      },
      to: { path: "^clients/", dependencyTypesNot: ["type-only"] },
    },
    { name: "no-orphan-dependency", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(test/fixtures|\\.slipway)/" },
    tsPreCompilationDeps: "specify",
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
