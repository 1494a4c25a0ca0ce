import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request, type Dispatcher } from 'undici';
import { createFaultProxy, type FaultProxy } from '../../../adapters/fault-proxy/fault-proxy.ts';
import { invariant } from '../../../base/invariant.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import { createCaldavTarget } from '../caldav/caldav-target.ts';
import type { PlannedCaller } from '../story.ts';
import type { FaultTarget } from '../target.ts';
import { createKillableTryton, type KillableTryton } from './killable-tryton.ts';
import { recordsIn } from './tryton-eyes.ts';
import { createTrytonStories } from './tryton-stories.ts';

const HOST = '127.0.0.1';
/** A booking is seven calls of a server that works on one at a time. */
const CALLS_AT_ONCE = 3;
const ID = 'crm';
const DESK = 'DESK';
const LOGIN_MS_MAX = 20_000;
const PLANS = {
  booking: [
    { name: 'contact', kind: 'contact', destination: ID },
    { name: 'booking', kind: 'booking', destination: 'calendar' },
    { name: 'note', kind: 'note', destination: ID },
  ],
  message: [
    { name: 'contact', kind: 'contact', destination: ID },
    { name: 'message', kind: 'message', destination: ID },
  ],
};

interface Rpc {
  /** The status of a call. Throws what the connection throws. */
  call(method: string, params: readonly unknown[], signal: AbortSignal): Promise<number>;
}

/** A client of its own for those who use Tryton without us. */
function createRpc(tryton: KillableTryton, port: number): Rpc {
  let session: string | null = null;
  const post = (body: unknown, signal: AbortSignal): Promise<Dispatcher.ResponseData> =>
    request(tryton.urlAt(port), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(session === null ? {} : { authorization: `Session ${session}` }) },
      body: JSON.stringify(body),
      signal,
    });
  return {
    call: async (method, params, signal) => {
      if (session === null) {
        const login = { id: 0, method: 'common.db.login', params: [tryton.user, { password: tryton.password }, 'en'] };
        const { result } = (await (await post(login, signal)).body.json()) as { readonly result: readonly [user: number, key: string] };
        session = Buffer.from(`${tryton.user}:${result.join(':')}`).toString('base64');
      }
      const answer = await post({ id: 1, method, params: [...params, {}] }, signal);
      await answer.body.dump();
      return answer.statusCode;
    },
  };
}

/** The row of a record in Tryton's database: the key in it. */
function keyIn(tryton: KillableTryton, model: string, id: number): string | null {
  const sql = model === 'party.party' ? 'SELECT code FROM party_party WHERE id = ?' : 'SELECT message FROM ir_note WHERE id = ?';
  const held = tryton.ask(sql, String(id));
  return typeof held === 'string' ? (/\b[a-z2-7]{26}\b/.exec(held)?.[0] ?? null) : null;
}

/**
 * A real Tryton, which holds the contact of every caller, a note for every appointment, and the messages; the appointments are in a calendar
 * that nothing happens to.
 */
export async function createTrytonTarget(folder: string, stories: number): Promise<FaultTarget> {
  const tryton = await createKillableTryton(folder);
  const calendar = await createCaldavTarget(folder, stories);
  const found = createTrytonStories(remoteIdOf, (model, id) => keyIn(tryton, model, id));
  const passwordFile = join(folder, 'tryton.password');
  const naive = new Map<number, Rpc>();
  // Spreads the stories over the calendars, and does nothing else.
  const shelving: FaultProxy = await createFaultProxy(calendar.upstream, calendar.isWrite, { route: calendar.route });
  const plainWrite = async (port: number, { name, phone }: PlannedCaller, timeoutMs: number): Promise<number | null> => {
    const rpc = naive.get(port) ?? createRpc(tryton, port);
    naive.set(port, rpc);
    const mechanisms = [['create', [{ type: 'phone', value: phone }]]];
    try {
      return await rpc.call('model.party.party.create', [[{ name, contact_mechanisms: mechanisms }]], AbortSignal.timeout(timeoutMs));
    } catch {
      return null;
    }
  };
  return {
    id: 'tryton',
    server: tryton,
    callsAtOnce: CALLS_AT_ONCE,
    upstream: { host: HOST, port: tryton.port },
    configuration: (proxyPort) => ({
      ...calendar.configuration(shelving.port),
      destinations: [{ id: ID, type: 'tryton', url: tryton.urlAt(proxyPort), user: tryton.user, passwordFile, desk: DESK, sandbox: true }],
      plans: PLANS,
    }),
    prepare: async () => {
      writeFileSync(passwordFile, tryton.password, { mode: 0o600 });
      await calendar.server.start();
      await calendar.prepare();
      const desk = { code: DESK, name: 'The practice' };
      await createRpc(tryton, tryton.port).call('model.party.party.create', [[desk]], AbortSignal.timeout(LOGIN_MS_MAX));
      invariant(tryton.ask('SELECT count(*) FROM party_party WHERE code = ?', DESK) === 1, 'the desk of the practice is a party');
    },
    storyOf: found.storyOf,
    isWrite: found.isWrite,
    route: ({ path }) => path,
    expect: (key, story) => {
      calendar.expect(key, story);
      found.expect(key, story);
    },
    look: calendar.look,
    list: calendar.list,
    records: () => Promise.resolve(recordsIn(tryton)),
    human: calendar.human,
    plainWrite: (port, caller, { timeoutMs }) => plainWrite(port, caller, timeoutMs),
    close: async () => {
      await shelving.close();
      await calendar.server.kill();
    },
  };
}
