import { utcTime } from './calendar-record.ts';
import type { TimeWindow } from './busy-times.ts';
import { escapeXml } from './xml.ts';

const QUERY =
  '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">';
const QUERY_END = '</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>';

/** RFC 4791, section 9.9: entries that overlap a time. */
export function timeRangeQuery({ startEpochMs, endEpochMs }: TimeWindow): string {
  return `<?xml version="1.0" encoding="utf-8"?>${QUERY}<C:time-range start="${utcTime(startEpochMs)}" end="${utcTime(endEpochMs)}"/>${QUERY_END}`;
}

/** RFC 4791, section 9.7.2: the entry with a UID. Answers are compared again, since a server may match parts. */
export function uidQuery(uid: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>${QUERY}<C:prop-filter name="UID"><C:text-match collation="i;octet">${escapeXml(uid)}</C:text-match></C:prop-filter>${QUERY_END}`;
}

/** RFC 4791, section 9.7.2: the entries that recur by a rule. */
export function recurringQuery(): string {
  return `<?xml version="1.0" encoding="utf-8"?>${QUERY}<C:prop-filter name="RRULE"/>${QUERY_END}`;
}
