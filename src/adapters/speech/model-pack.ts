import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import { SAMPLE_RATE_HZ } from '../../base/units.ts';

/** One file of a model; `path` is relative to the manifest. */
const fileSchema = z.object({ path: z.string().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int().min(0) });
const modelSchema = z.object({
  role: z.enum(['recogniser', 'voice', 'act', 'vad']),
  runtime: z.string(),
  licence: z.string(),
  url: z.string().nullable().default(null),
  sampleRateHz: z.number().int().nullable().default(null),
  /** The files by the part they play, such as `model` and `tokens`. */
  files: z.record(z.string(), fileSchema),
});
const manifestSchema = z.object({ packs: z.array(z.object({ id: z.string(), language: z.string(), models: z.array(modelSchema) })) });

export type ModelRole = z.infer<typeof modelSchema>['role'];
export type ModelManifest = z.infer<typeof manifestSchema>;

/** A model whose files are there and are the ones that were described. */
export interface VerifiedModel {
  readonly role: ModelRole;
  /** Absolute path of each part. */
  readonly files: Readonly<Record<string, string>>;
  readonly sampleRateHz: number | null;
  /** Checksum of the part `model`: the identity of the model. */
  readonly sha256: string;
}

/** Reads models/manifest.json. Throws `model_missing` when it is not there, `model_corrupt` when it is not a manifest. */
export function readManifest(path: string): ModelManifest {
  if (!existsSync(path)) throw new AppError('model_missing', `${path} is not there`);
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError('model_corrupt', `${path} is not JSON`, { cause });
  }
  const parsed = manifestSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'model_corrupt',
    `${path}: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  );
}

/**
 * Checks the files of one model against the manifest, before native code sees them: it ends the process on a bad one. Speech models
 * must be made for 8 kHz (a voice may have another rate: it is converted). Throws `model_missing`, `model_corrupt`, `sample_rate_wrong`.
 */
export function verifyModel(options: { readonly manifestPath: string; readonly pack: string; readonly role: ModelRole }): VerifiedModel {
  const { manifestPath, pack, role } = options;
  const entry = readManifest(manifestPath)
    .packs.find((known) => known.id === pack)
    ?.models.find((model) => model.role === role);
  if (entry === undefined) throw new AppError('model_missing', `${manifestPath} describes no ${role} in pack ${pack}`);
  const files: Record<string, string> = {};
  for (const [part, file] of Object.entries(entry.files)) {
    const path = resolve(dirname(manifestPath), file.path);
    if (!existsSync(path)) throw new AppError('model_missing', `${path} is not there`);
    const actual = createHash('sha256').update(readFileSync(path)).digest('hex');
    if (actual !== file.sha256) throw new AppError('model_corrupt', `${path} has sha256 ${actual}, expected ${file.sha256}`);
    files[part] = path;
  }
  if ((role === 'recogniser' || role === 'vad') && entry.sampleRateHz !== SAMPLE_RATE_HZ) {
    throw new AppError(
      'sample_rate_wrong',
      `the ${role} of pack ${pack} is made for ${entry.sampleRateHz ?? 'no known'} Hz; ${SAMPLE_RATE_HZ} Hz is needed`,
    );
  }
  return { role, files, sampleRateHz: entry.sampleRateHz, sha256: entry.files['model']?.sha256 ?? '' };
}

/** The path of a part of a verified model. Throws `model_missing`. */
export function partOf(model: VerifiedModel, part: string): string {
  const path = model.files[part];
  if (path === undefined) throw new AppError('model_missing', `the manifest names no file \`${part}\` for the ${model.role}`);
  return path;
}

/** Where Debian keeps espeak-ng's data. Throws `program_missing`. */
export function findEspeakData(): string {
  const inLib = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'espeak-ng-data')) : [];
  const found = ['/usr/share/espeak-ng-data', ...inLib].find((path) => existsSync(join(path, 'phontab')));
  if (found === undefined) throw new AppError('program_missing', 'the data of espeak-ng is not installed (apt install espeak-ng)');
  return found;
}
