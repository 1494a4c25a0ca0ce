import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServiceNowDestination } from '../../../src/adapters/destinations/servicenow/servicenow.ts';
import type { RecordMapping } from '../../../src/adapters/destinations/http/mapping.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { connectServiceNow, SERVICENOW_MAPPING, transformMaps } from '../../support/stand-ins/servicenow/prepared.ts';
import { startServiceNow, type ServiceNowStandIn } from '../../support/stand-ins/servicenow/servicenow.ts';
import { sampleMessage } from '../../support/writeback-samples.ts';

const KEY = 'v1.demo.call-1.1.message';
const message = sampleMessage();
let standIn: ServiceNowStandIn;
let one: ServiceNowDestination;
let other: ServiceNowDestination;

const options = () => ({ signal: AbortSignal.timeout(5000) });
const rows = () => standIn.instance.query('incident', `correlation_id=${remoteIdOf(KEY)}`);
const createBoth = () => Promise.all([one.create(KEY, message, options()), other.create(KEY, message, options())]);
const editRow = (at: number): void => standIn.instance.edit('incident', rows()[at]?.['sys_id'] ?? '', { short_description: 'Called back' });
const raceOfImports = (): void => {
  standIn.instance.settings.serialized = false;
  standIn.instance.settings.together = 2;
};

beforeEach(async () => {
  standIn = await startServiceNow(transformMaps());
  one = connectServiceNow(standIn.port, { secret: () => standIn.accepted.password });
  other = connectServiceNow(standIn.port, { secret: () => standIn.accepted.token, bearer: true });
});
afterEach(async () => {
  await Promise.all([one.close(), other.close()]);
  await standIn.close();
  expect(standIn.violations()).toEqual([]);
});

describe('two imports at once under one key', () => {
  /** Puts a row in, past the adapter. */
  const importPast = () =>
    standIn.instance.importRow('u_vestibule_message', {
      u_correlation_id: remoteIdOf(KEY),
      u_short_description: 'Telephone message from Laura Becker',
    });

  test('race on an instance whose administrator switched serialization off', async () => {
    raceOfImports();
    await Promise.all([importPast(), importPast()]);
    expect(rows()).toHaveLength(2);
  });

  test('leave one record where serialization is on, as it is by default', async () => {
    for (const { type } of await createBoth()) expect(type).toBe('committed');
    expect(rows()).toHaveLength(1);
  });

  test('of two workers leave one record even where they race: the younger one is taken away again', async () => {
    raceOfImports();
    const results = await createBoth();
    expect(rows()).toHaveLength(1);
    for (const result of results) expect(result).toMatchObject({ type: 'committed' });
    expect(await one.readBack(KEY, message, options())).toMatchObject({ type: 'found', remoteId: rows()[0]?.['sys_id'] });
  });

  test('of which the later came after the answer are found by the read-back; what a person wrote to stays', async () => {
    raceOfImports();
    await Promise.all([importPast(), importPast()]);
    editRow(1);
    const edited = rows()[1]?.['sys_id'];
    expect(await one.readBack(KEY, message, options())).toEqual({ type: 'differs', remoteId: edited });
    expect(rows().map(({ sys_id }) => sys_id)).toEqual([edited]);
  });

  test('both of which a person wrote to are left to a person', async () => {
    raceOfImports();
    await Promise.all([importPast(), importPast()]);
    editRow(0);
    editRow(1);
    expect(await one.readBack(KEY, message, options())).toMatchObject({ type: 'differs' });
    expect(await one.create(KEY, message, options())).toEqual({ type: 'conflict', reason: 'exists_differently' });
    expect(await one.cancel(KEY, message, options())).toEqual({ type: 'conflict', reason: 'changed' });
    expect(rows()).toHaveLength(2);
  });

  test('cannot leave two where the key is unique, and the loser finds the record of the winner', async () => {
    standIn.instance.settings.unique = true;
    raceOfImports();
    for (const { type } of await createBoth()) expect(type).toBe('committed');
    expect(rows()).toHaveLength(1);
  });
});

test('exactly once is promised only where the key is unique, and then nothing has to be waited for', async () => {
  const unique = connectServiceNow(standIn.port, { secret: () => standIn.accepted.password, keyIsUnique: true });
  expect(one.capabilities).toMatchObject({ exactlyOnce: 'human_check', maxInflightMs: 60_000 });
  expect(unique.capabilities).toMatchObject({ exactlyOnce: 'guaranteed', maxInflightMs: 2000 });
  await unique.close();
});

test('a repeat never overwrites what a person changed meanwhile', async () => {
  await one.create(KEY, message, options());
  editRow(0);
  expect(await other.create(KEY, message, options())).toEqual({ type: 'conflict', reason: 'exists_differently' });
  expect(rows()[0]).toMatchObject({ short_description: 'Called back' });
});

test('a work on other fields than ours keeps a record from being taken away, and from nothing else', async () => {
  await one.create(KEY, message, options());
  standIn.instance.edit('incident', rows()[0]?.['sys_id'] ?? '', { state: '2' });
  expect(await one.readBack(KEY, message, options())).toMatchObject({ type: 'found' });
  expect(await one.cancel(KEY, message, options())).toEqual({ type: 'conflict', reason: 'changed' });
});

test.each([
  [true, 'Retry-After'],
  [false, 'the reset of the limit'],
])('a rate limit rule is obeyed (%s: %s)', async (retryAfter) => {
  standIn.limit({ resetsInSeconds: 3, retryAfter });
  const refused = await one.create(KEY, message, options());
  expect(refused).toMatchObject({ type: 'retry', code: 'destination_unreachable' });
  await expect(one.check({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ code: 'destination_unreachable' });
  standIn.limit(null);
  expect(rows()).toEqual([]);
});

test('a login page instead of an answer is not believed, and nothing is lost', async () => {
  standIn.loseSession(true);
  expect(await one.create(KEY, message, options())).toMatchObject({ type: 'retry', code: 'destination_misbehaved' });
  expect(await one.readBack(KEY, message, options())).toEqual({ type: 'unavailable', code: 'destination_misbehaved' });
  await expect(one.check(options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
  standIn.loseSession(false);
  expect(await one.create(KEY, message, options())).toMatchObject({ type: 'committed' });
});

test('a refused password is told as such, and a mended one works without a restart', async () => {
  const secret = { now: 'wrong' };
  const mended = connectServiceNow(standIn.port, { secret: () => secret.now });
  expect(await mended.create(KEY, message, options())).toMatchObject({ type: 'retry', code: 'destination_unauthorized' });
  await expect(mended.check(options())).rejects.toMatchObject({ code: 'destination_unauthorized' });
  secret.now = standIn.accepted.password;
  expect(await mended.create(KEY, message, options())).toMatchObject({ type: 'committed' });
  await mended.close();
});

describe('an instance that is not set up as it should be', () => {
  const withMessage = (parts: Partial<RecordMapping>): ServiceNowDestination => {
    const record = SERVICENOW_MAPPING.records.message;
    if (record === undefined) throw new Error('no mapping of messages');
    const mapping = { ...SERVICENOW_MAPPING, records: { message: { ...record, ...parts } } };
    return connectServiceNow(standIn.port, { secret: () => standIn.accepted.password, mapping });
  };

  test('a key field that the table does not have is told, not taken for a match of every record', async () => {
    await one.create(KEY, message, options());
    const blind = withMessage({ keyField: 'u_vestibule_key', fields: { u_vestibule_key: '{remoteKey}', description: '{text}' } });
    await expect(blind.check(options())).rejects.toMatchObject({ code: 'destination_misbehaved' });
    expect(await blind.cancel(KEY, message, options())).toMatchObject({ type: 'retry', code: 'destination_misbehaved' });
    expect(rows()).toHaveLength(1);
    await blind.close();
  });

  test('an import set that transforms later leaves the outcome open', async () => {
    standIn.instance.settings.asynchronous = true;
    expect(await one.create(KEY, message, options())).toEqual({ type: 'unknown', code: 'destination_misbehaved' });
  });

  test('a staging table that is not there refuses the row for good', async () => {
    const lost = withMessage({ writeTo: 'u_nowhere' });
    expect(await lost.create(KEY, message, options())).toEqual({ type: 'rejected', code: 'destination_rejected' });
    await lost.close();
  });
});

test('text that the instance cuts is not passed off as delivered', async () => {
  const long = sampleMessage({ text: 'Please renew it. '.repeat(300) });
  expect(await one.create(KEY, long, options())).toMatchObject({ type: 'committed' });
  expect(await one.readBack(KEY, long, options())).toMatchObject({ type: 'differs' });
});
