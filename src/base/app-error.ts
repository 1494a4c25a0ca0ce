import { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from './error-codes.ts';

const BRAND = Symbol.for('vestibule.app-error');

/** Details of one error: ids, paths and numbers, never personal data (those go under `pii`, which loggers drop). */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** The one error type that crosses module borders. Callers switch on `code`, never on `message`. */
export class AppError extends Error {
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown; readonly details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get entry(): ErrorCodeEntry {
    return ERROR_CODES[this.code];
  }

  get retryable(): boolean {
    return this.entry.retryable;
  }
}

/** True for an AppError, also one made by another copy of this module. */
export function isAppError(value: unknown): value is AppError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** Wraps anything thrown as an AppError; an AppError passes through unchanged. */
export function toAppError(value: unknown, fallback: ErrorCode): AppError {
  if (isAppError(value)) return value;
  return new AppError(fallback, value instanceof Error ? value.message : String(value), { cause: value });
}

/** The text an administrator reads: what, why, and what to do. */
export function describeError(error: AppError): string {
  return `${error.code}: ${error.message}\n  ${error.entry.meaning}\n  What to do: ${error.entry.remedy}`;
}
