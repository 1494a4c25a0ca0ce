import type { RecordKind } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { connectSalesforce, SALESFORCE_MAPPING, sampleApp } from '../../support/stand-ins/salesforce/connect-salesforce.ts';
import { createSalesforceStandIn } from '../../support/stand-ins/salesforce/salesforce.ts';
import { describeRecordDestination } from './record-suite.ts';

const standIn = await createSalesforceStandIn(sampleApp);
const held = (key: string, kind: RecordKind) => standIn.org.byKey(SALESFORCE_MAPPING.records[kind]?.target ?? '', remoteIdOf(key));
/** What the desk changes in each kind of record. */
const EDITS: Readonly<Partial<Record<RecordKind, Readonly<Record<string, string>>>>> = {
  contact: { LastName: 'Changed by the desk' },
  booking: { StartDateTime: '2027-06-01T08:00:00.000+0000' },
  message: { Description: 'Changed by the desk' },
  note: { Subject: 'Changed by the desk' },
};

describeRecordDestination(
  {
    name: 'Salesforce stand-in',
    start: () => Promise.resolve({ host: '127.0.0.1', port: standIn.port }),
    connect: (port) => {
      const destination = connectSalesforce(port);
      return Promise.resolve({
        destination,
        count: (key, kind) => Promise.resolve(held(key, kind).length),
        edit: (key, kind) => {
          const [record] = held(key, kind);
          if (record === undefined) throw new Error('nothing to edit');
          standIn.org.edit(record, EDITS[kind] ?? {});
          return Promise.resolve();
        },
        close: () => destination.close(),
      });
    },
    stop: () => standIn.close(),
    cancellable: ['booking', 'message', 'note'],
    isWrite: ({ method, path }) => method !== 'GET' && path.startsWith('/services/data/'),
  },
  ['contact', 'booking', 'message', 'note'],
);
