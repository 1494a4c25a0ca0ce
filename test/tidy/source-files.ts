import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HOME = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Relative to the root of the clone, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the contents of strings blanked out; positions and lines are kept. */
  readonly code: string;
}

/** Files that git knows or would add, below one of the folders. */
export function projectPaths(...folders: readonly string[]): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...folders], {
    cwd: HOME,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0').filter((path) => path !== ''))];
}

/** Contents of a file of the project, or null when it was deleted or is not text. */
export function readText(path: string): string | null {
  try {
    const bytes = readFileSync(`${HOME}/${path}`);
    return bytes.subarray(0, 8000).includes(0) ? null : bytes.toString('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR')) return null;
    throw error;
  }
}

/** The TypeScript files below the folders. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return projectPaths(...folders)
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => {
      const text = readText(path);
      return text === null ? [] : [{ path, text, code: blankOut(text) }];
    });
}

// A string, a template, a comment, or a regular expression after a character that cannot end an operand.
const LITERAL =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<=[=(,:[!&|?{};\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\//g;

/**
 * Blanks comments and what stands between quotes, so that a ban on code does not trip over words. Code inside `${}` is blanked with
 * its template.
 */
export function blankOut(text: string): string {
  return text.replace(LITERAL, (literal) => {
    const blank = literal.replace(/[^\n]/g, ' ');
    return /^['"`]/.test(literal) ? `${literal[0]}${blank.slice(1, -1)}${literal[0]}` : blank;
  });
}

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

const IMPORT =
  /^[ \t]*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"\n]+)['"]|\b(typeof\s+)?import\(\s*['"]([^'"\n]+)['"]\s*\)/gm;

/** Static and dynamic imports and re-exports of a file. */
export function importsOf(file: SourceFile): readonly Import[] {
  return [...file.text.matchAll(IMPORT)].map((match) => ({
    specifier: match[2] ?? match[4] ?? '',
    typeOnly: match[1] !== undefined || match[3] !== undefined,
    line: lineAt(file.text, match.index),
  }));
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
