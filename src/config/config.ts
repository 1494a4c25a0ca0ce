import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import type { PracticeProfile } from '../domain/hours/practice.ts';
import { configSchema, practiceSchema, type ConfigFile } from './schema.ts';

/** Absolute paths of everything on disk, derived from `dataDir`. */
export interface Paths {
  readonly root: string;
  readonly data: string;
  readonly run: string;
  readonly log: string;
  readonly keys: string;
  readonly cache: string;
  readonly ledger: string;
  readonly journal: string;
  readonly asterisk: string;
  readonly modelsManifest: string;
  readonly sockets: {
    readonly media: string;
    readonly recogniser: string;
    readonly voice: string;
    readonly language: string;
    readonly worker: string;
    readonly events: string;
    readonly control: string;
    readonly redis: string;
  };
}

/** The configuration as the product uses it: all defaults filled in, paths absolute. Secrets stay in their files. */
export interface Config extends ConfigFile {
  readonly file: string | null;
  /** Absolute path of the practice profile. */
  readonly practiceFile: string;
  readonly paths: Paths;
  readonly profile: PracticeProfile;
  readonly calendarUrl: string;
  readonly secrets: { readonly ariPasswordFile: string; readonly calendarPasswordFile: string; readonly keyFile: string };
}

/** The project's own folder: where `asterisk-conf`, `models` and the default profile are. */
export const PROJECT_DIR = resolve(import.meta.dirname, '..', '..');

function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `  ${issue.path.length === 0 ? '(top)' : issue.path.join('.')}: ${issue.message}`).join('\n');
}

function readYaml(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('config_unreadable', `${path} cannot be read`, { cause });
  }
  try {
    return parse(text) ?? {};
  } catch (cause) {
    throw new AppError('config_unreadable', `${path} is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Reads a practice profile. Throws `config_unreadable` or `config_invalid` with every problem at once. */
export function loadPractice(path: string): PracticeProfile {
  const parsed = practiceSchema.safeParse(readYaml(path));
  if (!parsed.success) throw new AppError('config_invalid', `${path} has problems:\n${problemsOf(parsed.error)}`);
  return parsed.data;
}

function pathsOf(base: string, file: ConfigFile): Paths {
  const at = (path: string): string => (isAbsolute(path) ? path : join(base, path));
  const data = at(file.dataDir);
  const run = join(data, 'run');
  const socket = (name: string): string => join(run, `${name}.sock`);
  return {
    root: base,
    data,
    run,
    log: join(data, 'log'),
    keys: join(data, 'keys'),
    cache: join(data, 'cache'),
    ledger: join(data, 'ledger', 'ledger.db'),
    journal: join(data, 'journal', 'journal.db'),
    asterisk: join(data, 'asterisk'),
    modelsManifest: existsSync(at(file.models.manifest)) ? at(file.models.manifest) : join(PROJECT_DIR, file.models.manifest),
    sockets: {
      media: socket('media'),
      recogniser: socket('recogniser'),
      voice: socket('voice'),
      language: socket('language'),
      worker: socket('worker'),
      events: socket('events'),
      control: socket('control'),
      redis: file.redis.socket === undefined ? socket('redis') : at(file.redis.socket),
    },
  };
}

/** Builds a Config from a parsed file. Throws `config_invalid` naming every key with a problem. */
export function makeConfig(raw: unknown, options: { readonly file: string | null; readonly base: string }): Config {
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success)
    throw new AppError('config_invalid', `${options.file ?? 'the configuration'} has problems:\n${problemsOf(parsed.error)}`);
  const file = parsed.data;
  if (file.sip.rtpPortMin >= file.sip.rtpPortMax) throw new AppError('config_invalid', '  sip.rtpPortMin: must be below sip.rtpPortMax');
  const paths = pathsOf(options.base, file);
  const at = (path: string): string => (isAbsolute(path) ? path : join(options.base, path));
  const practicePath = existsSync(at(file.practice)) ? at(file.practice) : join(PROJECT_DIR, file.practice);
  return {
    ...file,
    file: options.file,
    practiceFile: practicePath,
    paths,
    profile: loadPractice(practicePath),
    calendarUrl: file.calendar.url ?? `http://127.0.0.1:${file.calendar.port}/${file.calendar.user}/appointments/`,
    secrets: {
      ariPasswordFile: file.ari.passwordFile === undefined ? join(paths.keys, 'ari.password') : at(file.ari.passwordFile),
      calendarPasswordFile:
        file.calendar.passwordFile === undefined ? join(paths.keys, 'calendar.password') : at(file.calendar.passwordFile),
      keyFile: join(paths.keys, 'kek.bin'),
    },
  };
}

/** The path of config.yaml: `VESTIBULE_CONFIG`, else config.yaml of the project when it exists, else none (all defaults). */
export function configPath(environment: NodeJS.ProcessEnv = process.env): string | null {
  const named = environment['VESTIBULE_CONFIG'];
  if (named !== undefined && named !== '') return resolve(named);
  const usual = join(PROJECT_DIR, 'config.yaml');
  return existsSync(usual) ? usual : null;
}

/** Loads config.yaml (or the defaults). Throws `config_unreadable` or `config_invalid` (exit code 4). */
export function loadConfig(path: string | null = configPath()): Config {
  if (path === null) return makeConfig({}, { file: null, base: PROJECT_DIR });
  return makeConfig(readYaml(path), { file: path, base: dirname(path) });
}

/** Reads a secret of one line. Throws `secret_unreadable`. */
export function readSecret(path: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text === '') throw new Error('is empty');
    return text;
  } catch (cause) {
    throw new AppError('secret_unreadable', `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
