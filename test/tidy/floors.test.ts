import { describe, expect, test } from 'vitest';
import { FLOORS, objection } from './floors.ts';
import { importsOf, projectPaths, sourceFiles } from './source-files.ts';

const files = sourceFiles('src');

describe('the floors of the house', () => {
  test('there are source files to look at', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  test('every import goes down, and siblings never import each other', () => {
    const objections = files.flatMap((file) =>
      importsOf(file).flatMap(({ specifier, typeOnly, line }) => {
        const why = objection(file.path, specifier, typeOnly);
        return why === null ? [] : [`${file.path}:${line} imports ${specifier}: ${why}`];
      }),
    );
    expect(objections).toEqual([]);
  });

  test('every folder of src is a floor', () => {
    const names = FLOORS.map((floor) => floor.name);
    const strangers = projectPaths('src').filter((path) => !names.includes(path.split('/')[1] ?? ''));
    expect(strangers).toEqual([]);
  });

  test.each([
    ['src/base/scope.ts', '../domain/call/state.ts', false],
    ['src/domain/call/state.ts', '../../audio/g711.ts', false],
    ['src/domain/call/state.ts', '../../ports/switch.ts', true],
    ['src/domain/call/state.ts', 'node:fs', false],
    ['src/domain/call/state.ts', 'zod', false],
    ['src/ports/switch.ts', '../domain/call/state.ts', false],
    ['src/runtime/call/actor.ts', '../../adapters/sqlite/ledger.ts', true],
    ['src/adapters/sqlite/ledger.ts', '../bullmq/queue.ts', false],
    ['src/adapters/sqlite/ledger.ts', '../../runtime/call/actor.ts', false],
    ['src/cli/main.ts', '../console/server/main.ts', false],
    ['src/cli/main.ts', '../adapters/sqlite/ledger.ts', false],
    ['src/app/daemon.ts', '../cli/main.ts', false],
    ['src/app/daemon.ts', '../../test/support/fake.ts', false],
  ])('%s may not import %s', (path, specifier, typeOnly) => {
    expect(objection(path, specifier, typeOnly)).not.toBeNull();
  });

  test.each([
    ['src/base/scope.ts', './app-error.ts', false],
    ['src/domain/call/state.ts', '../turn/endpointing.ts', false],
    ['src/ports/switch.ts', '../domain/call/state.ts', true],
    ['src/adapters/sqlite/ledger.ts', 'better-sqlite3', false],
    ['src/adapters/speech/voice-client.ts', '../ipc/peer.ts', false],
    ['src/app/daemon.ts', '../adapters/sqlite/ledger.ts', false],
  ])('%s may import %s', (path, specifier, typeOnly) => {
    expect(objection(path, specifier, typeOnly)).toBeNull();
  });
});
