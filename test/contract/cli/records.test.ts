import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openJournal } from '../../../src/adapters/sqlite/journal.ts';
import { asCallId, asTurn, asUtteranceId } from '../../../src/base/ids.ts';
import { opKey } from '../../../src/domain/writeback/op-key.ts';
import { openRealLedger } from '../../support/real-ledger.ts';
import { sampleBooking, sampleIntent, sampleMessage } from '../../support/writeback-samples.ts';
import { install, type Installation } from './vestibule.ts';

const CALL = asCallId('01CALL');
let home: Installation;
let booking = '';
let task = '';

/** What one call leaves behind, written by the adapters of the product. */
async function seed(installation: Installation): Promise<void> {
  const clock = createSystemClock();
  const { ledger, inbox } = openRealLedger(installation.data, clock);
  booking = ledger.accept(sampleIntent(sampleBooking(), { call: CALL, seq: 1 })).op;
  const message = sampleIntent(sampleMessage(), { call: CALL, seq: 2 });
  ledger.accept(message);
  inbox.put(opKey(message), sampleMessage(), clock.epochMs());
  task = ledger.addTask({ op: null, call: CALL, reason: 'callback', summary: 'A caller was cut off.' }).id;
  ledger.close();
  const journal = openJournal({
    path: join(installation.data, 'journal', 'journal.db'),
    keyFile: join(installation.data, 'keys', 'kek.bin'),
  });
  const id = asUtteranceId('u1');
  const write = (kind: 'event' | 'effect', type: string, body: unknown): void =>
    journal.append({ call: CALL, atEpochMs: clock.epochMs(), kind, type, body });
  write('event', 'call.arrived', { type: 'call.arrived', call: CALL });
  write('effect', 'play_utterance', { utterance: { id, kind: 'legal', clauses: ['This is a machine.', 'How can I help?'] } });
  write('event', 'agent.speech_ended', { utterance: id, cause: 'stopped', clausesPlayed: 1 });
  write('event', 'caller.text_final', { turn: asTurn(1), text: 'a check up please' });
  write('event', 'call.ended', { outcome: 'booked' });
  await journal.flush({ signal: AbortSignal.timeout(5000) });
  journal.close();
}

beforeAll(async () => {
  home = install();
  await seed(home);
});
afterAll(() => home.remove());

describe('calls', () => {
  test('list has each call with what came of it', async () => {
    const { value, stderr } = await home.json('calls', 'list');
    expect(value).toMatchObject([{ call: CALL, outcome: 'booked', outcomeState: 'pending', entries: 5 }]);
    expect(stderr).toBe('');
    expect((await home.vestibule('calls', 'list')).stdout).toMatch(/^01CALL .*booked \(pending\)/m);
  });

  test('show has what was heard, not what was planned, and what was written', async () => {
    const { value } = await home.json('calls', 'show', CALL);
    expect(value).toMatchObject({
      call: CALL,
      transcript: [
        { who: 'agent', text: 'This is a machine.' },
        { who: 'caller', text: 'a check up please' },
      ],
      operations: [{ kind: 'message' }, { kind: 'booking', op: booking }],
    });
    const { stdout } = await home.vestibule('calls', 'show', CALL);
    expect(stdout).toContain('a check up please');
    expect(stdout).not.toContain('How can I help?');
  });
});

describe('ledger', () => {
  test('list has the operations, newest first', async () => {
    const { value } = await home.json('ledger', 'list');
    expect(value).toMatchObject([
      { kind: 'message', state: 'accepted' },
      { op: booking, kind: 'booking', state: 'accepted', destination: 'calendar' },
    ]);
    expect(((await home.json('ledger', 'list', '--limit', '1')).value as unknown[]).length).toBe(1);
    expect((await home.vestibule('ledger', 'list', '--limit', '1')).stderr).toContain('there may be more');
  });

  test.each(['ledger', 'calls'])('%s list refuses a limit that is none', async (noun) => {
    expect(await home.vestibule(noun, 'list', '--limit', '0')).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('show has one operation with its payload', async () => {
    const { value } = await home.json('ledger', 'show', booking);
    expect(value).toMatchObject({ op: booking, call: CALL, payload: { name: 'Laura Becker', start: '2026-03-05T10:30:00+01:00' } });
    expect((await home.vestibule('ledger', 'show', booking)).stdout).toMatch(/^state\s+accepted$[^]*^accepted\s+20\d\d-\d\d-\d\d /m);
  });
});

describe('messages and tasks', () => {
  test('messages list has what callers left', async () => {
    const { value } = await home.json('messages', 'list');
    expect(value).toMatchObject([{ name: 'Laura Becker', text: 'Please renew the prescription.', urgent: false }]);
  });

  test('tasks list has what is open, and `tasks done` closes it', async () => {
    expect((await home.json('tasks', 'list')).value).toMatchObject([{ id: task, reason: 'callback', doneAtEpochMs: null }]);
    expect((await home.vestibule('tasks', 'list')).stdout).toMatch(new RegExp(`^${task} .* callback +- +- +A caller was cut off\\.$`, 'm'));
    const done = await home.json('tasks', 'done', task);
    expect(done).toMatchObject({ exitCode: 0, value: { id: task } });
    expect((await home.json('tasks', 'list')).value).toEqual([]);
    expect((await home.json('tasks', 'list', '--all')).value).toMatchObject([{ id: task }]);
    const empty = await home.vestibule('tasks', 'list');
    expect(empty).toMatchObject({ exitCode: 0, stdout: '' });
    expect(empty.stderr).toContain('No open tasks');
  });
});

describe('a record that does not exist', () => {
  test.each([
    ['calls', 'show', '01NOWHERE'],
    ['ledger', 'show', '01NOWHERE'],
    ['tasks', 'done', '01NOWHERE'],
  ])('%s %s %s ends with exit code 1 and not_found', async (...args) => {
    const ran = await home.vestibule(...args, '--json');
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^not_found: /);
  });
});
