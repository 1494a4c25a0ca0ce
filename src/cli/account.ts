import { userInfo } from 'node:os';

const ACCOUNT = /^[a-z_][a-z0-9._-]{0,31}$/i;

/** The account of whoever types a command, for the history of what was decided. */
export function accountName(): string {
  try {
    const { username } = userInfo();
    return ACCOUNT.test(username) ? username : 'unknown';
  } catch {
    return 'unknown';
  }
}
