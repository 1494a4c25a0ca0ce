import { readFileSync } from 'node:fs';
import { createSystemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createCaldavDestination } from '../../../src/adapters/destinations/caldav/caldav.ts';
import { createDavClient } from '../../../src/adapters/destinations/caldav/dav-client.ts';
import { uidQuery } from '../../../src/adapters/destinations/caldav/queries.ts';
import { createHttpClient } from '../../../src/adapters/destinations/http/http-client.ts';
import { createTokenBucket, UNLIMITED } from '../../../src/adapters/destinations/http/token-bucket.ts';
import { remoteIdOf } from '../../../src/domain/writeback/op-key.ts';
import { samplePractice } from '../../support/sample-practice.ts';
import { testCalendar } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { describeRecordDestination } from './record-suite.ts';

const folder = temporaryFolder();
const radicale = await testCalendar(folder.path);
// Waits are real; the appointments lie in a year of their own.
const clock = { ...createSystemClock(), businessEpochMs: () => Date.UTC(2026, 11, 20) };
const signal = new AbortController().signal;
const password = (): string => readFileSync(radicale.passwordFile, 'utf8').trim();

describeRecordDestination(
  {
    name: 'CalDAV on Radicale',
    start: async () => {
      await radicale.start();
      return { host: '127.0.0.1', port: radicale.port };
    },
    connect: async (port) => {
      const access = { url: `http://127.0.0.1:${port}/practice/appointments/`, user: radicale.user, password };
      const destination = createCaldavDestination({
        access,
        sandbox: true,
        practice: () => ({ ...samplePractice(), horizonDays: 365 }),
        clock,
      });
      // What stands in the calendar is asked for at the server itself.
      const dav = createDavClient(
        { ...access, url: radicale.url },
        createHttpClient({ bucket: createTokenBucket(UNLIMITED, clock), clock }),
      );
      const ours = (key: string) => dav.report(uidQuery(remoteIdOf(key)), signal);
      return {
        destination,
        count: async (key) => (await ours(key)).length,
        edit: async (key) => {
          const [entry] = await ours(key);
          if (entry === undefined) throw new Error('nothing to edit');
          const body = entry.data.replace(/SUMMARY:[^\r\n]*/, 'SUMMARY:Changed by the desk');
          await dav.send({ method: 'PUT', href: entry.href, headers: { 'content-type': 'text/calendar' }, body, signal });
        },
        close: async () => {
          await Promise.all([destination.close(), dav.close()]);
        },
      };
    },
    stop: async () => {
      await radicale.kill();
      folder.remove();
    },
    cancellable: ['booking'],
  },
  ['booking'],
);
