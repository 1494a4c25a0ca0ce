import type { RecordKind } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import type { Destination } from '../../../src/ports/destination.ts';
import { connectHubspot, HUBSPOT_MAPPING } from '../../support/stand-ins/hubspot/connect-hubspot.ts';
import { createHubspotStandIn } from '../../support/stand-ins/hubspot/hubspot.ts';
import { UNIQUE } from '../../support/stand-ins/hubspot/objects.ts';
import { describeRecordDestination } from './record-suite.ts';

const standIn = await createHubspotStandIn();
const typeOf = (kind: RecordKind): string => HUBSPOT_MAPPING.records[kind]?.target ?? '';
/** What the desk changes in each kind of object. */
const EDITS: Readonly<Partial<Record<RecordKind, Readonly<Record<string, string>>>>> = {
  contact: { lastname: 'Changed by the desk' },
  booking: { hs_meeting_start_time: '2027-06-01T08:00:00Z' },
  message: { hs_pipeline_stage: '4' },
  note: { hs_note_body: '<p>Changed by the desk</p>' },
};

describeRecordDestination(
  {
    name: 'HubSpot stand-in',
    start: () => Promise.resolve({ host: '127.0.0.1', port: standIn.port }),
    connect: (port) => {
      const hubspot = connectHubspot(port, () => standIn.token);
      // A caller who calls again calls later: the index of the search has caught up by then.
      const find: Destination['find'] = (phone, options) => {
        standIn.account.settle();
        return hubspot.find(phone, options);
      };
      return Promise.resolve({
        destination: { ...hubspot, find },
        count: (key, kind) => {
          const ours = standIn.account.all(typeOf(kind)).filter(({ properties }) => properties[UNIQUE] === remoteIdOf(key));
          return Promise.resolve(ours.filter(({ isArchived }) => !isArchived).length);
        },
        edit: (key, kind) => {
          const object = standIn.account.byKey(typeOf(kind), remoteIdOf(key));
          if (object === undefined) throw new Error('nothing to edit');
          object.properties = { ...object.properties, ...EDITS[kind] };
          return Promise.resolve();
        },
        close: () => hubspot.close(),
      });
    },
    stop: () => standIn.close(),
    cancellable: ['contact', 'booking', 'message', 'note'],
    isWrite: ({ method, path }) => method === 'DELETE' || method === 'PUT' || path.endsWith('/batch/upsert'),
  },
  ['contact', 'booking', 'message', 'note'],
);
