import { AppError } from './app-error.ts';

/** Ends the current call or command when a rule the code relies on does not hold. Throws `invariant_broken`. */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new AppError('invariant_broken', rule);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AppError('invariant_broken', `unexpected value ${JSON.stringify(value)}`);
}
