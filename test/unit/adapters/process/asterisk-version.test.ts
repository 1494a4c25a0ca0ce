import { describe, expect, test } from 'vitest';
import { assertAsteriskVersion, asteriskVersionMin } from '../../../../src/adapters/process/asterisk-version.ts';
import { isVersionAtLeast } from '../../../../src/base/version.ts';

describe('the version of Asterisk', () => {
  test.each([
    ['22.10.1', '22.10.1', true],
    ['22.10.1+dfsg+~cs6.17.60671434-1', '22.10.1', true],
    ['22.11.0-rc1', '22.10.1', true],
    ['23.0.0', '22.10.1', true],
    ['22.10', '22.10.1', false],
    ['22.9.4', '22.10.1', false],
    ['20.16.0~dfsg', '22.10.1', false],
    ['GIT-master-abc', '22.10.1', false],
    ['', '22.10.1', false],
  ])('%s at least %s: %s', (version, wanted, expected) => {
    expect(isVersionAtLeast(version, wanted)).toBe(expected);
  });

  test('an old one is refused with both versions in the details', () => {
    const wanted = asteriskVersionMin();
    expect(wanted).toMatch(/^\d+\.\d+\.\d+$/);
    expect(() => assertAsteriskVersion('18.0.0')).toThrow(
      expect.objectContaining({ code: 'asterisk_too_old', details: { version: '18.0.0', wanted } }),
    );
  });
});
