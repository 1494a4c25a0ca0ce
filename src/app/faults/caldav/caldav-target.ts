import { request } from 'undici';
import { writeRecord } from '../../../adapters/destinations/caldav/calendar-record.ts';
import { radicaleReady } from '../../../adapters/process/spawn-radicale.ts';
import { AppError } from '../../../base/app-error.ts';
import { readSecret } from '../../../config/config.ts';
import { remoteIdOf } from '../../../domain/writeback/op-key.ts';
import { createKillableRadicale } from '../killable-server.ts';
import { bookingOf, type PlannedCaller, type PlannedStory } from '../story.ts';
import type { Entry, FaultTarget, HumanResult } from '../target.ts';
import { createCalendarEyes, entryOf, HUMAN_UID, markEdited, type CalendarEyes, type CalendarObject } from './calendar-eyes.ts';
import { createShelves, type Shelves } from './shelves.ts';

const HOST = '127.0.0.1';
const CALLS_AT_ONCE = 6;
const BASE = '/practice/appointments/';
const PREPARE_MS_MAX = 20_000;
const MINUTE_MS = 60_000;
const WRITES: ReadonlySet<string> = new Set(['PUT', 'DELETE']);

const stamp = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

function humanEntry(uid: string, startEpochMs: number, minutes: number): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Front desk//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTAMP:${stamp(startEpochMs)}`,
    `DTSTART:${stamp(startEpochMs)}`,
    `DTEND:${stamp(startEpochMs + minutes * MINUTE_MS)}`,
    'SUMMARY:Busy',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ];
  return lines.join('\r\n');
}

function resultOf(status: number): HumanResult {
  if (status >= 200 && status < 300) return 'done';
  if (status === 412) return 'changed_meanwhile';
  if (status === 404 || status === 410) return 'gone';
  throw new AppError('destination_misbehaved', `the calendar answered a human with ${status}`);
}

function humansOf(eyes: CalendarEyes, pathOf: (story: PlannedStory) => string): FaultTarget['human'] {
  const find = async (story: PlannedStory, phone: string): Promise<CalendarObject | null> =>
    (await eyes.report(pathOf(story), story.day)).find((object) => entryOf(object)?.phone === phone) ?? null;
  return {
    add: async (story, startEpochMs, minutes) => {
      const uid = `${HUMAN_UID}${story.index}`;
      const body = humanEntry(uid, startEpochMs, minutes);
      resultOf(await eyes.send({ method: 'PUT', href: `${pathOf(story)}${uid}.ics`, headers: { 'if-none-match': '*' }, body }));
    },
    edit: async (story, phone) => {
      const found = await find(story, phone);
      if (found === null) return 'gone';
      const { href, etag, data } = found;
      return resultOf(await eyes.send({ method: 'PUT', href, headers: { 'if-match': etag }, body: markEdited(data) }));
    },
    remove: async (story, phone) => {
      const found = await find(story, phone);
      if (found === null) return 'gone';
      return resultOf(await eyes.send({ method: 'DELETE', href: found.href, headers: { 'if-match': found.etag } }));
    },
  };
}

/** A booking written as a program without care would: a new id for every try, no condition. */
async function plainWrite(
  port: number,
  access: { readonly user: string; readonly password: string },
  caller: PlannedCaller,
  { tries, timeoutMs }: { readonly tries: number; readonly timeoutMs: number },
): Promise<number | null> {
  const key = `${caller.phone}.${tries}`;
  try {
    const answer = await request(`http://${HOST}:${port}${BASE}${remoteIdOf(key)}.ics`, {
      method: 'PUT',
      headers: {
        authorization: `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`,
        'content-type': 'text/calendar; charset=utf-8',
      },
      body: writeRecord(key, bookingOf(caller), Date.parse(caller.start)),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return null;
  }
}

/** A private Radicale with many calendars: the worker believes that it is one, and the proxy spreads the stories over them. */
export async function createCaldavTarget(folder: string, stories: number): Promise<FaultTarget> {
  const server = await createKillableRadicale(folder);
  const { port, user, passwordFile } = server;
  const password = (): string => readSecret(passwordFile);
  const shelves: Shelves = createShelves(stories);
  const eyes = createCalendarEyes({ origin: `http://${HOST}:${port}`, user, password });
  const pathOf = (story: PlannedStory): string => `/${user}/${shelves.nameOf(story.index)}/`;
  return {
    id: 'caldav',
    server,
    callsAtOnce: CALLS_AT_ONCE,
    upstream: { host: HOST, port },
    configuration: (proxyPort) => ({ calendar: { managed: false, url: `http://${HOST}:${proxyPort}${BASE}`, user, passwordFile } }),
    prepare: async () => {
      const signal = AbortSignal.timeout(PREPARE_MS_MAX + shelves.names.length * MINUTE_MS);
      for (const calendar of shelves.names)
        await radicaleReady({ dataDir: folder, port, user, passwordFile, calendar, password: password() }, signal);
    },
    storyOf: (asked) => shelves.storyOf(asked),
    isWrite: ({ method }) => WRITES.has(method),
    route: (asked) => {
      const story = shelves.storyOf(asked);
      if (story === null || !asked.path.startsWith(BASE)) return asked.path;
      return `/${user}/${shelves.nameOf(story)}/${asked.path.slice(BASE.length)}`;
    },
    expect: (key, story) => shelves.expect(remoteIdOf(key), story),
    look: async (story) => (await eyes.report(pathOf(story), story.day)).flatMap((object) => entryOf(object) ?? []),
    list: async () => {
      const entries: Entry[] = [];
      for (const name of shelves.names)
        entries.push(...(await eyes.report(`/${user}/${name}/`, null)).flatMap((object) => entryOf(object) ?? []));
      return entries;
    },
    human: humansOf(eyes, pathOf),
    plainWrite: (proxyPort, caller, options) => plainWrite(proxyPort, { user, password: password() }, caller, options),
  };
}
