import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDeliveryLog, type Delivery } from '../../../../src/adapters/destinations/delivery-log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const begun: Delivery = { key: 'k1', fingerprint: 'f1', state: 'begun', remoteId: '' };
const taken: Delivery = { ...begun, state: 'acknowledged', remoteId: 'r1' };

describe('the log of deliveries', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, 'deliveries', 'sms.jsonl');
  });
  afterEach(() => folder.remove());

  test('what was put is there after a restart, the last word of each key; nobody else may read it', () => {
    const log = openDeliveryLog(path);
    log.put(begun);
    log.put(taken);
    log.put({ ...begun, key: 'k2' });
    log.put({ ...begun, key: 'k3' });
    log.remove('k3');
    log.close();
    const again = openDeliveryLog(path);
    expect(again.find('k1')).toEqual(taken);
    expect(again.find('k2')).toMatchObject({ state: 'begun' });
    expect(again.find('k3')).toBeNull();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    again.close();
  });

  test('a line that a crash tore apart is left out, and the next one is whole', () => {
    const log = openDeliveryLog(path);
    log.put(taken);
    log.close();
    appendFileSync(path, '{"key":"k2","fingerp');
    const again = openDeliveryLog(path);
    again.put({ ...taken, key: 'k3' });
    again.close();
    const third = openDeliveryLog(path);
    expect([third.find('k1'), third.find('k2'), third.find('k3')].map((one) => one?.state)).toEqual([
      'acknowledged',
      undefined,
      'acknowledged',
    ]);
    third.close();
  });

  test('a file that grew by the same keys is written anew', () => {
    const log = openDeliveryLog(path);
    for (let times = 0; times < 120; times += 1) log.put(taken);
    log.close();
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(100);
    const again = openDeliveryLog(path);
    expect(again.find('k1')).toEqual(taken);
    again.close();
  });

  test('of more than it keeps the oldest finished ones make room, never one in doubt', () => {
    const log = openDeliveryLog(null);
    log.put(begun);
    for (let seq = 0; seq < 20_010; seq += 1) log.put({ ...taken, key: `n${seq}` });
    expect(log.find('k1')).toEqual(begun);
    expect(log.find('n0')).toBeNull();
    expect(log.find('n20009')).not.toBeNull();
  });

  test('a file that cannot be written is told as such', () => {
    writeFileSync(join(folder.path, 'in-the-way'), '');
    expect(() => openDeliveryLog(join(folder.path, 'in-the-way', 'sms.jsonl'))).toThrow(
      expect.objectContaining({ code: 'ledger_unavailable' }),
    );
    mkdirSync(path, { recursive: true });
    expect(() => openDeliveryLog(path)).toThrow(expect.objectContaining({ code: 'ledger_unavailable' }));
  });
});
