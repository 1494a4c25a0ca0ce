import { readdirSync, readFileSync } from 'node:fs';

/** Parent of every process on the machine, from /proc. */
function parents(): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The command's name stands in parentheses and may itself hold some.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      found.set(Number(name), Number(parent));
    } catch {
      // The process has ended while we looked.
    }
  }
  return found;
}

/** A process and all that descend from it; a server may run inside a wrapper of its own. */
export function familyOf(pid: number): readonly number[] {
  const parentOf = parents();
  const family = [pid];
  for (let i = 0; i < family.length; i += 1) for (const [child, parent] of parentOf) if (parent === family[i]) family.push(child);
  return family;
}

export function signalFamily(pid: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  for (const member of familyOf(pid)) {
    try {
      process.kill(member, name);
    } catch {
      // It has ended by itself.
    }
  }
}
