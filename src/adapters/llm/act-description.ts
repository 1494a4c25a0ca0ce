import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import { ACTS, type Act } from '../../domain/dialog/act.ts';
import { SLOTS, type Slot } from '../../domain/utterance/utterance.ts';

/** What a turn may answer: a slot, or nothing that was asked. */
export type Asked = Slot | 'none';

const share = z.number().min(0).max(1);
const descriptionSchema = z.object({
  format: z.literal(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** CONTROL tokens of the prompt: `[asked] words [position]`; the next token is a label. */
  tokens: z.object({
    position: z.string(),
    asked: z.record(z.string(), z.string()),
    labels: z.record(z.string(), z.string()),
  }),
  /** Words of a long turn that are kept, in tokens: its beginning and its end. */
  clip: z.object({ head: z.number().int().min(1).max(96), tail: z.number().int().min(1).max(96) }),
  /** Logits are divided by it before they become probabilities. */
  temperature: z.number().positive(),
  /** Above `probability` and `margin` an act was right in at least `precision` of the calibration turns. */
  thresholds: z.object({ probability: share, margin: share, precision: share }),
});

/** `act.json`: how the act model is asked, and how its answer is read. */
export interface ActDescription {
  readonly sha256: string;
  readonly positionToken: string;
  readonly askedTokens: Readonly<Record<Asked, string>>;
  readonly labelTokens: Readonly<Record<Act, string>>;
  readonly clip: { readonly head: number; readonly tail: number };
  readonly temperature: number;
  readonly thresholds: { readonly probability: number; readonly margin: number; readonly precision: number };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AppError('model_missing', `${path} cannot be read`, { cause });
  }
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readBytes(path).toString('utf8'));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('model_corrupt', `${path} is not JSON`, { cause });
  }
}

function complete<Key extends string>(keys: readonly Key[], given: Readonly<Record<string, string>>, where: string): Record<Key, string> {
  const found: [Key, string][] = [];
  for (const key of keys) {
    const token = given[key];
    if (token === undefined) throw new AppError('model_corrupt', `${where} has no token for ${key}`);
    found.push([key, token]);
  }
  if (Object.keys(given).length !== keys.length) throw new AppError('model_corrupt', `${where} has tokens for unknown names`);
  return Object.fromEntries(found) as Record<Key, string>;
}

/** Reads and checks `act.json`. Throws `model_missing` or `model_corrupt`. */
export function readActDescription(path: string): ActDescription {
  const parsed = descriptionSchema.safeParse(parseJson(path));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new AppError('model_corrupt', `${path}: ${problems}`);
  }
  const { sha256, tokens, clip, temperature, thresholds } = parsed.data;
  return {
    sha256,
    positionToken: tokens.position,
    askedTokens: complete<Asked>(['none', ...SLOTS], tokens.asked, `${path}: tokens.asked`),
    labelTokens: complete<Act>(ACTS, tokens.labels, `${path}: tokens.labels`),
    clip,
    temperature,
    thresholds,
  };
}

/** Compares the model file with its description, before native code sees it. Throws `model_missing` or `model_corrupt`. */
export function verifyActModel(modelPath: string, description: ActDescription): void {
  const actual = createHash('sha256').update(readBytes(modelPath)).digest('hex');
  if (actual !== description.sha256) {
    throw new AppError('model_corrupt', `${modelPath} has sha256 ${actual}, expected ${description.sha256}`);
  }
}
