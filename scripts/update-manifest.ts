import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Writes the checksums and sizes of the model files that are there into models/manifest.json: run after a training. */
const path = join(resolve(import.meta.dirname, '..'), 'models', 'manifest.json');

interface ModelFile {
  readonly path: string;
  sha256: string;
  bytes: number;
}
const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly packs: readonly { readonly models: readonly { readonly files: Readonly<Record<string, ModelFile>> }[] }[];
};
for (const file of manifest.packs.flatMap((pack) => pack.models.flatMap((model) => Object.values(model.files)))) {
  const content = readFileSync(resolve(dirname(path), file.path));
  file.sha256 = createHash('sha256').update(content).digest('hex');
  file.bytes = content.length;
}
writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
