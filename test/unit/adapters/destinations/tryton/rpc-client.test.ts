import { expect, test } from 'vitest';
import type { HttpClient, HttpResult } from '../../../../../src/adapters/destinations/http/http-client.ts';
import { createTrytonRpc, failedCall, type RpcOutcome } from '../../../../../src/adapters/destinations/tryton/rpc-client.ts';

const answered = (status: number, body: unknown): HttpResult => ({
  type: 'answered',
  answer: { status, header: () => null, isHtml: false, retryAfterMs: null, body: typeof body === 'string' ? body : JSON.stringify(body) },
});
const LOGGED_IN = answered(200, { id: 0, result: [7, 'key'] });
const DONE = answered(200, { id: 1, result: [1] });
const UNAUTHORIZED = answered(401, '');

/** A client whose server answers logins and calls as told. */
function rpcOn(answers: { readonly login: () => Promise<HttpResult>; readonly call: () => HttpResult }) {
  let logins = 0;
  const http: HttpClient = {
    send: ({ body }) => {
      const { method } = JSON.parse(body ?? '') as { readonly method: string };
      if (method !== 'common.db.login') return Promise.resolve(answers.call());
      logins += 1;
      return answers.login();
    },
    close: () => Promise.resolve(),
  };
  const access = { url: 'http://tryton.example/practice/', user: 'desk', password: () => 'secret' };
  const rpc = createTrytonRpc(access, http);
  const call = (signal = new AbortController().signal): Promise<RpcOutcome> =>
    rpc.call({ method: 'model.party.party.create', params: [], signal });
  return { call, logins: () => logins };
}

test('many calls wait for one login, and later ones use its session', async () => {
  const { call, logins } = rpcOn({ login: () => Promise.resolve(LOGGED_IN), call: () => DONE });
  await Promise.all([call(), call(), call()]);
  expect(await call()).toMatchObject({ type: 'result', value: [1] });
  expect(logins()).toBe(1);
});

test('a server that takes no session gets one new login for each call, and is then believed', async () => {
  const { call, logins } = rpcOn({ login: () => Promise.resolve(LOGGED_IN), call: () => UNAUTHORIZED });
  const outcome = await call();
  expect(outcome).toMatchObject({ type: 'answered', answer: { status: 401 } });
  expect(outcome.type === 'answered' && failedCall(outcome)).toEqual({ type: 'retry', code: 'destination_unauthorized', afterMs: null });
  expect(logins()).toBe(2);
});

test('a login that failed is told to everyone who waited for it, and tried anew by the next call', async () => {
  const logins = [UNAUTHORIZED, LOGGED_IN];
  const { call } = rpcOn({ login: () => Promise.resolve(logins.shift() ?? UNAUTHORIZED), call: () => DONE });
  const refused = { type: 'not_sent', error: { code: 'destination_unauthorized' } };
  expect(await Promise.all([call(), call()])).toMatchObject([refused, refused]);
  expect(await call()).toMatchObject({ type: 'result' });
});

test('whoever is called off while a login goes on has sent nothing, and the login serves the others', async () => {
  let finish = (_result: HttpResult): void => undefined;
  const { call, logins } = rpcOn({ login: () => new Promise((resolve) => (finish = resolve)), call: () => DONE });
  const controller = new AbortController();
  const [impatient, patient] = [call(controller.signal), call()];
  controller.abort();
  expect(await impatient).toMatchObject({ type: 'not_sent', error: { code: 'destination_unreachable' } });
  finish(LOGGED_IN);
  expect(await patient).toMatchObject({ type: 'result' });
  expect(logins()).toBe(1);
});

test.each([
  ['UserError', { type: 'refused', exception: 'UserError' }, { type: 'rejected', code: 'destination_rejected' }],
  ['ConcurrencyException', { type: 'refused' }, { type: 'rejected', code: 'destination_rejected' }],
  ['database is locked', { type: 'undecided' }, { type: 'unknown', code: 'destination_misbehaved' }],
])('an exception called %s is %o', async (name, expected, result) => {
  const { call } = rpcOn({ login: () => Promise.resolve(LOGGED_IN), call: () => answered(200, { id: 1, error: [name, ''] }) });
  const outcome = await call();
  expect(outcome).toMatchObject(expected);
  expect(outcome.type === 'result' ? null : failedCall(outcome)).toEqual(result);
});

test.each(['', '[]', '{"id":1}', '{"id":1,"result":1,"error":["a"]}', '{"id":1,"error":"a"}'])(
  'an answer that is none (%s) leaves it open whether the call was carried out',
  async (body) => {
    const { call } = rpcOn({ login: () => Promise.resolve(LOGGED_IN), call: () => answered(200, body) });
    expect(await call()).toMatchObject({ type: 'undecided', error: { code: 'destination_misbehaved' } });
  },
);

test.each([
  [{ id: 0, error: ['LoginException', ['sms_code', 'Code', 'char']] }, 'destination_unauthorized'],
  [{ id: 0, result: null }, 'destination_misbehaved'],
])('a login that is answered with %o is told as %s', async (body, code) => {
  const { call } = rpcOn({ login: () => Promise.resolve(answered(200, body)), call: () => DONE });
  expect(await call()).toMatchObject({ type: 'not_sent', error: { code } });
});
