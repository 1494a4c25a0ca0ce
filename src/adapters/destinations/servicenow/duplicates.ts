import type { RecordMapping } from '../http/mapping.ts';
import type { TableRow } from './table-api.ts';

/** True when someone else has written to a record since it was made; a person shows here whatever field it was. */
export const isTouched = (row: TableRow): boolean => row.sys_updated_by !== row.sys_created_by;

/** What to do about the records that stand under one key. */
export interface Duplicates {
  readonly kept: TableRow;
  readonly superfluous: readonly TableRow[];
}

const byAge = (a: TableRow, b: TableRow): number =>
  a.sys_created_on < b.sys_created_on || (a.sys_created_on === b.sys_created_on && a.sys_id < b.sys_id) ? -1 : 1;

/**
 * Two imports at once can leave two records under one key. One that a person has written to stays, else the oldest; the others go. Whoever
 * looks comes to the same choice, so that two workers never take away both. `several`: a person has to look, because more than one was
 * written to, one was made by someone else, or they do not say the same.
 */
export function sortDuplicates(mapping: RecordMapping, rows: readonly [TableRow, ...TableRow[]]): Duplicates | 'several' {
  const touched = rows.filter(isTouched);
  const untouched = rows.filter((row) => !isTouched(row)).toSorted(byAge);
  const kept = touched[0] ?? untouched[0] ?? rows[0];
  const compared = Object.keys(mapping.fields).filter((field) => mapping.notCompared?.includes(field) !== true);
  const saySame = untouched.every((row) => compared.every((field) => row[field] === untouched[0]?.[field]));
  const areOurs = rows.every((row) => row.sys_created_by === kept.sys_created_by);
  return touched.length > 1 || !saySame || !areOurs ? 'several' : { kept, superfluous: rows.filter((row) => row !== kept) };
}
