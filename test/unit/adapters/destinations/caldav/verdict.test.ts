import { expect, test } from 'vitest';
import { verdictOf } from '../../../../../src/adapters/destinations/caldav/verdict.ts';

const multistatus = (inner: string): string => `<D:multistatus xmlns:D="DAV:"><D:response>${inner}</D:response></D:multistatus>`;

interface Case {
  readonly what: string;
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly expected: readonly [status: number, precondition: string | null];
}

const WRAPPED = '<D:href>/a</D:href><D:status>HTTP/1.1 412 Precondition Failed</D:status><D:error><C:valid-calendar-data/></D:error>';
const PROPERTIES = '<D:propstat><D:status>HTTP/1.1 423 Locked</D:status></D:propstat>';
const CASES: readonly Case[] = [
  { what: 'a plain status', status: 412, type: 'text/plain', body: 'Precondition failed.', expected: [412, null] },
  {
    what: 'a status with the condition that failed',
    status: 409,
    type: 'text/xml',
    body: '<error><C:no-uid-conflict/></error>',
    expected: [409, 'no-uid-conflict'],
  },
  {
    what: 'a multistatus, inside of which the status stands',
    status: 207,
    type: 'text/xml; charset="utf-8"',
    body: multistatus(WRAPPED),
    expected: [412, 'valid-calendar-data'],
  },
  { what: 'a multistatus of properties', status: 207, type: 'application/xml', body: multistatus(PROPERTIES), expected: [423, null] },
  { what: 'a multistatus without a response', status: 207, type: 'text/xml', body: '<multistatus/>', expected: [207, null] },
  {
    what: 'a multistatus without a status',
    status: 207,
    type: 'text/xml',
    body: multistatus('<D:href>/a</D:href>'),
    expected: [207, null],
  },
  {
    what: 'a success that lists what it did',
    status: 200,
    type: 'text/xml',
    body: multistatus('<D:status>HTTP/1.1 200 OK</D:status>'),
    expected: [200, null],
  },
  { what: 'something that calls itself XML', status: 400, type: 'text/xml', body: 'Bad < Request', expected: [400, null] },
];

test.each(CASES)('$what is read as what it says', ({ status, type, body, expected }) => {
  const header = (name: string): string | null => (name === 'content-type' ? type : null);
  const [inner, precondition] = expected;
  expect(verdictOf({ status, header, isHtml: false, retryAfterMs: null, body })).toEqual({ status: inner, precondition });
});
