function numbersOf(version: string): readonly number[] {
  const leading = /^\d+(?:\.\d+)*/.exec(version)?.[0];
  return leading === undefined ? [] : leading.split('.').map(Number);
}

/** True when `version` (as a program reports it, such as `22.10.1+dfsg`) is at least `wanted`; false when it is no version. */
export function isVersionAtLeast(version: string, wanted: string): boolean {
  const [have, want] = [numbersOf(version), numbersOf(wanted)];
  for (const [index, part] of want.entries()) {
    const mine = have[index] ?? 0;
    if (mine !== part) return mine > part;
  }
  return have.length > 0;
}
