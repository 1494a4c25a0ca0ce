import { expect, test } from 'vitest';
import { failedCall, questionError } from '../../../../../src/adapters/destinations/odoo/wire.ts';

const error = (name: string) => ({ type: 'error', name, retryAfterMs: null }) as const;

test.each([
  ['odoo.exceptions.AccessError', 'retry', 'destination_unauthorized'],
  ['werkzeug.exceptions.Unauthorized', 'retry', 'destination_unauthorized'],
  ['psycopg2.errors.SerializationFailure', 'retry', 'destination_unreachable'],
  ['odoo.exceptions.LockError', 'retry', 'destination_unreachable'],
  ['werkzeug.exceptions.NotFound', 'retry', 'destination_misbehaved'],
  ['odoo.exceptions.ValidationError', 'rejected', 'destination_rejected'],
  ['builtins.ValueError', 'rejected', 'destination_rejected'],
])('%s of a write is %s: the transaction was discarded', (name, type, code) => {
  expect(failedCall(error(name))).toMatchObject({ type, code });
});

test('an exception that is not known leaves the outcome open', () => {
  expect(failedCall(error('builtins.RuntimeError'))).toEqual({ type: 'unknown', code: 'destination_misbehaved' });
});

test('a failed question names the exception and nothing that came with it', () => {
  expect(questionError(error('odoo.exceptions.AccessDenied')).code).toBe('destination_unauthorized');
  expect(questionError(error('psycopg2.OperationalError')).code).toBe('destination_unreachable');
  expect(questionError(error('builtins.KeyError'))).toMatchObject({
    code: 'destination_misbehaved',
    message: 'Odoo answered with builtins.KeyError',
  });
  expect(questionError({ type: 'failed', sent: true }).code).toBe('destination_unreachable');
});
