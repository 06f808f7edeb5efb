const TERM = /^(>=|<)?(\d+(?:\.\d+){0,2})$/;

export function compareVersions(a, b) {
  const left = numbers(a);
  const right = numbers(b);
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return left[i] - right[i];
  // By semver, a pre-release comes before its release.
  return Number(isPrerelease(b)) - Number(isPrerelease(a));
}

export function satisfies(version, range) {
  return range.split(" ").every((term) => {
    const match = TERM.exec(term);
    if (!match) throw new Error(`version range ${JSON.stringify(range)}: ${term} is not >=N, <N or N`);
    const order = compareVersions(version, match[2]);
    if (match[1] === ">=") return order >= 0;
    // `<4` leaves out 4.0.0-alpha too: nobody who writes it means that one.
    if (match[1] === "<") return order < 0 && !numbers(version).every((n, i) => n === numbers(match[2])[i]);
    return order === 0;
  });
}

function numbers(version) {
  const parts = version.replace(/^v/, "").split(/[-+]/)[0].split(".").map(Number);
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
}

const isPrerelease = (version) => /^v?[\d.]+-/.test(version);
