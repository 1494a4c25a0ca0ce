import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../base/app-error.ts';
import { makePrivateDirs, writeAtomically } from './files.ts';

/** What the templates of `asterisk-conf` leave open. */
export interface AsteriskValues {
  /** Absolute; everything the instance writes lies below it. */
  readonly instanceDir: string;
  readonly httpPort: number;
  readonly ariUser: string;
  readonly ariPassword: string;
  readonly sipBindAddress: string;
  readonly sipPort: number;
  readonly rtpPortMin: number;
  readonly rtpPortMax: number;
  readonly frontdeskPassword: string;
  readonly voicemailPin: string;
  readonly stasisApp: string;
  /** Seconds without a sign of life from the daemon after which Asterisk takes a call back. */
  readonly deadManSwitchS: number;
  readonly humanRingS: number;
  readonly humanCallLimitS: number;
  readonly toneCountry: 'de' | 'us';
}

const PLACEHOLDER = /\{\{([^}]*)\}\}/g;
/** A value with one of these would end its line or begin a comment. */
const UNSAFE = /[\r\n;]/;

/**
 * Writes every template of `templateDir` to `outDir` with the values filled in, each file atomically and mode 0600, and removes
 * configuration files that no template makes any more. Nothing is written unless all of it can be. Throws `config_invalid`.
 */
export function renderAsteriskFiles(options: {
  readonly templateDir: string;
  readonly outDir: string;
  readonly values: AsteriskValues;
}): readonly string[] {
  const { templateDir, outDir, values } = options;
  const names = readdirSync(templateDir).filter((name) => name.endsWith('.conf'));
  if (names.length === 0) throw new AppError('config_invalid', `there are no Asterisk templates in ${templateDir}`);
  const known = new Map<string, string>(Object.entries(values).map(([name, value]) => [name, String(value)]));
  for (const [name, value] of known) {
    if (UNSAFE.test(value) || value === '') {
      throw new AppError('config_invalid', `the Asterisk value ${name} is empty or has a line break or semicolon`, {
        details: { name },
      });
    }
  }
  const rendered = names.map((name) => ({
    name,
    text: renderTemplate(name, readFileSync(join(templateDir, name), 'utf8'), known),
  }));

  makePrivateDirs(outDir);
  for (const { name, text } of rendered) writeAtomically(join(outDir, name), text);
  for (const name of readdirSync(outDir)) {
    if (name.endsWith('.conf') && !names.includes(name)) rmSync(join(outDir, name));
  }
  return names;
}

function renderTemplate(template: string, text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = values.get(name);
    if (value === undefined) {
      throw new AppError('config_invalid', `${template} asks for {{${name}}}, which is not a value of the product`, {
        details: { template, placeholder: name },
      });
    }
    return value;
  });
}
