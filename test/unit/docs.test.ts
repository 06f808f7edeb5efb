import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { connectionSchema } from "../../clients/nats/settings.ts";
import { PROFILES } from "../../config/profiles.ts";
import { natsSection, rootSchema } from "../../config/schema.ts";
import { TOOLS } from "../../ground/toolchain/table.ts";
import { TOOL_VERSIONS, type ToolName } from "../../ground/toolchain/versions.ts";
import { ERROR_CODES } from "../../providers/kernel/errors.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const page = (name: string) => readFileSync(join(ROOT, name), "utf8");

const PAGES = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
].sort();

const withoutCode = (text: string): string =>
  text.replace(/^```[\s\S]*?^```/gm, "").replace(/^ {4}.*$/gm, "");

/** The anchor that a heading gets: lower case, punctuation out, blanks to dashes. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const anchorsIn = (text: string): string[] =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

const linksIn = (text: string): string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** First cells of all table rows, without their back-quotes. */
const firstCells = (text: string): string[] =>
  [...text.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = ""]) =>
    cell.split(", ").map((name) => name.replaceAll("`", "")),
  );

const sectionOf = (text: string, heading: string): string =>
  text.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? "";

describe.each(PAGES)("%s", (name) => {
  const text = page(name);

  it("links to what is there", () => {
    const broken = linksIn(text).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const file = path === "" ? join(ROOT, name) : resolve(ROOT, dirname(name), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsIn(readFileSync(file, "utf8")).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe("docs/errors.md", () => {
  it("has exactly the error codes of the program, with their meanings", () => {
    const rows = [...page("docs/errors.md").matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map((row) => [
      row[1],
      row[2],
    ]);
    expect(Object.fromEntries(rows)).toEqual(ERROR_CODES);
  });
});

describe("docs/config.md", () => {
  const config = page("docs/config.md");

  it("has exactly the keys of the namespace", () => {
    expect(firstCells(sectionOf(config, "Top")).sort()).toEqual(
      Object.keys(rootSchema.shape)
        .map((key) => `slipway:${key}`)
        .sort(),
    );
  });

  it("has exactly the keys of slipway:nats", () => {
    expect(firstCells(sectionOf(config, "slipway:nats")).sort()).toEqual(
      Object.keys(natsSection.shape).sort(),
    );
  });

  it("has exactly the settings of the connection", () => {
    const { tls, ...rest } = connectionSchema.shape;
    const keys = [...Object.keys(rest), ...Object.keys(tls.unwrap().shape).map((key) => `tls.${key}`)];
    expect(firstCells(sectionOf(config, "slipway:nats.connection")).sort()).toEqual(keys.sort());
  });
});

describe("docs/guide.md", () => {
  it("has a row for every profile", () => {
    expect(firstCells(sectionOf(page("docs/guide.md"), "8. Profiles").replace(" (default)", ""))).toEqual(
      PROFILES,
    );
  });
});

describe("docs/toolchain.md", () => {
  it("has every tool with its versions and its variable", () => {
    const rows = [
      ...page("docs/toolchain.md").matchAll(/^\| [^|]+ \| ([\d.]+) \| `([^`]+)` \|.*\| `(\w+)` \|$/gm),
    ];
    const tools = Object.keys(TOOL_VERSIONS) as ToolName[];
    expect(rows.map(([, version, range, variable]) => [version, range, variable]).sort()).toEqual(
      tools
        .map((tool) => [TOOL_VERSIONS[tool].version, TOOL_VERSIONS[tool].range, TOOLS[tool].override])
        .sort(),
    );
  });
});
