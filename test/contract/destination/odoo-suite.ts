import { expect } from 'vitest';
import type { ProxiedRequest } from '../../../src/adapters/fault-proxy/fault-proxy.ts';
import type { OdooAccess } from '../../../src/adapters/destinations/odoo/wire.ts';
import type { RecordKind } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { startOdoo } from '../../support/stand-ins/odoo/odoo.ts';
import { connectOdoo, ODOO_MAPPING } from '../../support/stand-ins/odoo/prepared.ts';
import { describeRecordDestination } from './record-suite.ts';

const KINDS: readonly RecordKind[] = ['contact', 'booking', 'message', 'note'];
/** Whom the sample notes are about; the practice knows her already. */
const KNOWN_CALLER = { name: 'Laura Becker', phone: '+493055501234' };

const EDITS: Readonly<Partial<Record<RecordKind, Readonly<Record<string, unknown>>>>> = {
  contact: { phone: '+493055509999' },
  booking: { start: '2027-02-01 10:00:00', stop: '2027-02-01 10:30:00' },
  message: { name: 'Done by the desk' },
  note: { body: '<p>Corrected</p>' },
};

const isWrite = ({ path, body }: ProxiedRequest): boolean => {
  if (path !== '/jsonrpc') return /\/(?:load|unlink)$/.test(path);
  const { params } = JSON.parse(body.toString('utf8')) as { readonly params: { readonly args: readonly unknown[] } };
  return ['load', 'unlink'].includes(String(params.args[4]));
};

/** The contract of record destinations on a stand-in for Odoo, in one wire form. */
export async function describeOdoo(name: string, wire: OdooAccess['wire']): Promise<void> {
  const standIn = await startOdoo();
  const { database } = standIn;
  database.make('res.partner', KNOWN_CALLER);
  const recordsOf = (key: string, kind: RecordKind) =>
    database.madeAs(ODOO_MAPPING.records[kind]?.target ?? '', `vestibule.${remoteIdOf(key)}`);
  describeRecordDestination(
    {
      name,
      start: () => Promise.resolve({ host: '127.0.0.1', port: standIn.port }),
      connect: (port) => {
        const destination = connectOdoo(port, { wire, apiKey: () => standIn.accepted.apiKey });
        return Promise.resolve({
          destination,
          count: (key, kind) => Promise.resolve(recordsOf(key, kind).length),
          edit: (key, kind) => {
            const [record] = recordsOf(key, kind);
            database.write(ODOO_MAPPING.records[kind]?.target ?? '', record?.id ?? 0, EDITS[kind] ?? {});
            return Promise.resolve();
          },
          close: () => destination.close(),
        });
      },
      stop: async () => {
        await standIn.close();
        expect(standIn.violations()).toEqual([]);
      },
      cancellable: KINDS,
      isWrite,
    },
    KINDS,
  );
}
