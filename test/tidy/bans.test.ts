import { describe, expect, test } from 'vitest';
import { blankOut, lineAt, projectPaths, readText, sourceFiles } from './source-files.ts';

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly instead: string;
  /** Paths that may. */
  readonly except: RegExp;
}

const NOWHERE = /^$/;

const BANS: readonly Ban[] = [
  {
    what: 'reading the wall clock',
    pattern: /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(/g,
    instead: 'the Clock that is passed in',
    except: /^src\/(adapters|app|cli|console)\//,
  },
  {
    what: 'unseeded randomness',
    pattern: /\bMath\.random\b/g,
    instead: 'the Random that is passed in',
    except: NOWHERE,
  },
  {
    what: 'reading the environment',
    pattern: /\bprocess\.env\b/g,
    instead: 'src/config, which is the only reader',
    except: /^src\/config\//,
  },
  {
    what: 'printing',
    pattern: /\bconsole\.\w+\(|\bprocess\.stdout\b/g,
    instead: 'the Logger, or the output of a command in src/cli',
    except: /^src\/(cli|app)\//,
  },
  {
    what: 'matching on the text of an error',
    pattern: /\.message\.(?:includes|match|startsWith|endsWith)\(|\.message\s*===/g,
    instead: 'the code of an AppError, or `code` of a system error',
    except: NOWHERE,
  },
  {
    what: 'silencing the compiler',
    pattern: /@ts-(?:ignore|nocheck|expect-error)/g,
    instead: 'a type that is true',
    except: NOWHERE,
  },
  {
    what: 'ending the process',
    pattern: /\bprocess\.exit\(/g,
    instead: 'process.exitCode and an orderly end',
    except: /^src\/(cli|app)\//,
  },
];

const ownFiles = sourceFiles('src');

describe('bans, each with what to use instead', () => {
  test('there are source files to look at', () => {
    expect(ownFiles.length).toBeGreaterThan(50);
  });

  test.each(BANS)('no $what: use $instead', ({ pattern, except, what }) => {
    const silencing = what === 'silencing the compiler';
    const found = ownFiles
      .filter((file) => !except.test(file.path))
      .flatMap((file) => {
        const text = silencing ? file.text : file.code;
        return [...text.matchAll(pattern)].map((match) => `${file.path}:${lineAt(text, match.index)} ${match[0]}`);
      });
    expect(found).toEqual([]);
  });

  test('a ban does not trip over a word in a string or a comment', () => {
    expect(blankOut("say('Date.now()'); // Math.random")).not.toMatch(/Date|Math/);
    expect(blankOut('new Date(`${day}T00:00`) // now')).toMatch(/^new Date\(` *`\) *$/);
    expect(blankOut('const at = Date.now(); const ratio = a / b / c;')).toContain('Date.now()');
  });
});

describe('names', () => {
  const paths = projectPaths('src', 'test', 'scripts').filter((path) => path.endsWith('.ts'));

  test('there are paths to look at', () => {
    expect(paths.length).toBeGreaterThan(50);
  });

  test('no file or folder is named for having no name', () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc|shared|managers?|index)(\.|\/)|-(utils?|helpers?|manager)\.ts$/;
    expect(paths.filter((path) => vague.test(path))).toEqual([]);
  });

  test('files and folders are in kebab-case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|property\.test|d))?\.ts$/;
    const folder = /^[a-z0-9]+(-[a-z0-9]+)*$/;
    const wrong = paths.filter((path) => {
      const parts = path.split('/');
      return !kebab.test(parts.at(-1) ?? '') || parts.slice(0, -1).some((part) => !folder.test(part));
    });
    expect(wrong).toEqual([]);
  });

  test('no file only passes on what others export', () => {
    const barrels = ownFiles.filter((file) => {
      const rest = file.text.replace(/export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\s+['"][^'"]+['"];?/g, '');
      return rest !== file.text && blankOut(rest).trim() === '';
    });
    expect(barrels.map((file) => file.path)).toEqual([]);
  });
});

describe('tests', () => {
  const tests = sourceFiles('test').filter((file) => file.path.endsWith('.test.ts'));

  test('there are tests to look at', () => {
    expect(tests.length).toBeGreaterThan(3);
  });

  test('no test asserts nothing, is left out, or is the only one', () => {
    const empty = /\.(?:only|todo)\(|expect\(true\)/g;
    const found = tests.flatMap((file) =>
      [...file.code.matchAll(empty)].map((match) => `${file.path}:${lineAt(file.code, match.index)} ${match[0]}`),
    );
    expect(found).toEqual([]);
  });
});

describe('words', () => {
  // Written with character classes, so that this file does not contain what it looks for.
  const MACHINE_WORDS = [
    /\/w[o]rk\/(?:main|shared|steering|[.]library)/i,
    /\/t[m]p\/(?:research|bash_jobs|brief)/i,
    /\bsub[-]?a[g]ents?\b/i,
    /\bf[a]rm-(?:bench|studio)/i,
    /registry[.]npm[j]s/i,
    /d[e]b[.]debian[.]org/i,
    /\bthis s[e]ssion\b/i,
  ];
  const paths = projectPaths('.').filter((path) => path !== 'package-lock.json');

  test('there are files to look at', () => {
    expect(paths.length).toBeGreaterThan(100);
  });

  test('no file speaks of the machine it was written on', () => {
    const found = paths.flatMap((path) => {
      const text = readText(path);
      if (text === null) return [];
      const lines = text.split('\n');
      return lines.flatMap((line, index) =>
        MACHINE_WORDS.some((word) => word.test(line)) ? [`${path}:${index + 1} ${line.trim().slice(0, 120)}`] : [],
      );
    });
    expect(found).toEqual([]);
  });
});
