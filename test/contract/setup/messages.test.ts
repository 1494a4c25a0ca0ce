import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const PROJECT_DIR = join(import.meta.dirname, '..', '..', '..');
/** What the steps of set-up call besides the programs a test replaces. */
const ORDINARY = [
  'bash',
  'cat',
  'cut',
  'grep',
  'head',
  'mkdir',
  'mv',
  'node',
  'printf',
  'rm',
  'sed',
  'sha256sum',
  'sort',
  'tail',
  'tr',
  'uname',
];

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vst-'));
  for (const name of ORDINARY) {
    const path = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (path.startsWith('/')) symlinkSync(path, join(dir, name));
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A machine on which this program answers so. */
function machineWhere(name: string, script: string): void {
  writeFileSync(join(dir, name), `#!/bin/bash\n${script}\n`);
  chmodSync(join(dir, name), 0o755);
}

/** Runs steps of set-up in an empty folder, on a machine that has only what the test gave it. */
function setUp(steps: string, env: Readonly<Record<string, string>> = {}): { readonly status: number | null; readonly words: string } {
  const script = `set -euo pipefail; home=${PROJECT_DIR}
    for part in say debian-packages npm-packages asterisk; do . "$home/scripts/setup/$part.sh"; done
    . "$home/scripts/versions.env"; changed=0; node_arch=x64; ${steps}`;
  const cwd = mkdtempSync(join(dir, 'clone-'));
  const result = spawnSync('/bin/bash', ['--norc', '-c', script], {
    cwd,
    env: { PATH: dir, ...env },
    encoding: 'utf8',
    input: '',
  });
  return { status: result.status, words: result.stderr };
}

describe('set-up says what is missing, why, and what to do', () => {
  test('no root and no sudo: names every package with its purpose, and the command for an administrator', () => {
    machineWhere('dpkg-query', 'case "$*" in *redis-server|*flite) exit 1 ;; *) printf installed ;; esac');
    machineWhere('id', 'echo 1000');
    machineWhere('apt-get', 'exit 0');
    const { status, words } = setUp('install_debian_packages');
    expect(status).toBe(3);
    expect(words).toMatch(/redis-server: wakes the write-back worker/);
    expect(words).toContain('installing packages needs root, and there is no sudo');
    expect(words).toContain('as root: apt-get update && apt-get install -y --no-install-recommends redis-server flite');
  });

  test('sudo that wants a password nobody can type', () => {
    machineWhere('dpkg-query', 'exit 1');
    machineWhere('id', 'echo 1000');
    machineWhere('apt-get', 'exit 0');
    machineWhere('sudo', 'exit 1');
    const { status, words } = setUp('install_debian_packages');
    expect(status).toBe(3);
    expect(words).toContain('sudo did not allow it');
  });

  test('everything is there: not a word, and no root', () => {
    machineWhere('dpkg-query', 'printf installed');
    machineWhere('id', 'echo 1000');
    expect(setUp('install_debian_packages')).toEqual({ status: 0, words: '' });
  });

  test('a package index past its date is refused, and accepted only when asked for', () => {
    machineWhere('apt-cache', 'echo "  Candidate: 1:20.6.0~dfsg-1"');
    machineWhere('mmdebstrap', 'echo "$@" >&2; echo "E: Release file for some/InRelease is expired (invalid since 15d)." >&2; exit 25');
    const refused = setUp('install_asterisk');
    expect(refused.status).toBe(3);
    expect(refused.words).toContain("this distribution's version: 20.6.0");
    expect(refused.words).toContain('is past its date');
    expect(refused.words).toContain('VESTIBULE_ALLOW_STALE_INDEX=1 make setup');
    expect(refused.words).not.toContain('Check-Valid-Until');
    const asked = setUp('install_asterisk', { VESTIBULE_ALLOW_STALE_INDEX: '1' });
    expect(asked.words).toContain('Acquire::Check-Valid-Until "false"');
  });

  test('no mirror within reach: names the Asterisk version and the way to another mirror', () => {
    machineWhere('apt-cache', 'echo "  Candidate: (none)"');
    machineWhere('mmdebstrap', 'echo "E: Could not resolve the mirror" >&2; exit 25');
    const { status, words } = setUp('install_asterisk');
    expect(status).toBe(3);
    expect(words).toContain('Could not resolve the mirror');
    expect(words).toMatch(/Asterisk 22\.\d+\.\d+ or later/);
    expect(words).toContain('VESTIBULE_DEBIAN_MIRROR');
  });

  test('an Asterisk that is too old is refused with both versions', () => {
    machineWhere('old-asterisk', 'echo "Asterisk 20.6.0~dfsg+~cs6.13"');
    const old = setUp(`mkdir scripts; mv ${join(dir, 'old-asterisk')} scripts/asterisk.sh; check_asterisk`);
    expect(old.status).toBe(3);
    expect(old.words).toContain('found 20.6.0');
  });

  test('npm that fails: says so in the words of set-up', () => {
    machineWhere('npm', 'echo "npm error code ENOTFOUND" >&2; exit 1');
    const { status, words } = setUp(
      'printf {} >package.json; printf {} >package-lock.json; printf x >.npmrc; mkdir -p scripts/setup; printf x >scripts/setup/npm-packages.sh; install_npm_packages',
    );
    expect(status).toBe(3);
    expect(words).toContain('npm error code ENOTFOUND');
    expect(words).toContain('npm ci failed');
  });

  test('a machine without npm', () => {
    machineWhere('git', 'exit 0');
    machineWhere('make', 'exit 0');
    machineWhere('python3', 'exit 0');
    const { status, words } = setUp('check_bootstrap');
    expect(status).toBe(3);
    expect(words).toContain('set-up cannot go on: npm');
    expect(words).toContain('apt-get install -y nodejs npm git make python3');
  });
});

describe('set-up repeated', () => {
  test('has nothing to do and nothing to say', () => {
    const before = performance.now();
    const again = spawnSync(join(PROJECT_DIR, 'scripts', 'setup.sh'), { encoding: 'utf8' });
    expect({ status: again.status, out: again.stdout, words: again.stderr }).toEqual({ status: 0, out: '', words: '' });
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});
