import { expect } from 'vitest';
import type { RecordKind } from '../../../src/domain/writeback/intent.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { connectServiceNow, SERVICENOW_MAPPING, transformMaps } from '../../support/stand-ins/servicenow/prepared.ts';
import { startServiceNow } from '../../support/stand-ins/servicenow/servicenow.ts';
import { describeRecordDestination } from './record-suite.ts';

const standIn = await startServiceNow(transformMaps());

const rowsOf = (key: string, kind: RecordKind) => {
  const mapping = SERVICENOW_MAPPING.records[kind];
  return mapping === undefined ? [] : standIn.instance.query(mapping.target, `${mapping.keyField}=${remoteIdOf(key)}`);
};

describeRecordDestination(
  {
    name: 'ServiceNow',
    start: () => Promise.resolve({ host: '127.0.0.1', port: standIn.port }),
    connect: (port) => {
      const destination = connectServiceNow(port, { secret: () => standIn.accepted.password });
      return Promise.resolve({
        destination,
        count: (key, kind) => Promise.resolve(rowsOf(key, kind).length),
        edit: (key, kind) => {
          const changed = kind === 'message' ? { short_description: 'Done by the desk' } : { phone: '+493055509999' };
          standIn.instance.edit(SERVICENOW_MAPPING.records[kind]?.target ?? '', rowsOf(key, kind)[0]?.['sys_id'] ?? '', changed);
          return Promise.resolve();
        },
        close: () => destination.close(),
      });
    },
    stop: async () => {
      await standIn.close();
      expect(standIn.violations()).toEqual([]);
    },
    cancellable: ['message', 'contact'],
  },
  ['message', 'contact'],
);
