import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for one test, and how it is removed. Short enough for socket paths. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'vb-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
