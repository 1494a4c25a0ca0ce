import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { AppError } from '../../base/app-error.ts';
import type { OpKind, OpPayload } from '../../domain/writeback/intent.ts';
import { PAYLOAD_SCHEMAS } from '../../domain/writeback/payload-schema.ts';

const ajv = new Ajv2020({ strict: true, allErrors: false });
const compiled = new Map<OpKind, ValidateFunction>();

function checkOf(kind: OpKind): ValidateFunction {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  const made = ajv.compile(PAYLOAD_SCHEMAS[kind]);
  compiled.set(kind, made);
  return made;
}

/** Nothing is accepted that no destination could be told: throws `payload_invalid` naming the place, never its content. */
export function checkPayload(payload: OpPayload): void {
  const { kind } = payload;
  const check = checkOf(kind);
  if (check(payload)) return;
  const [first] = check.errors ?? [];
  throw new AppError('payload_invalid', `a ${kind} is not as it should be: ${first?.instancePath ?? ''} ${first?.message ?? ''}`);
}
