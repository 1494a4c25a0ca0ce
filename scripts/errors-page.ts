import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from '../src/base/errors-page.ts';

/** Writes docs/ERRORS.md from the registry: `bin/node scripts/errors-page.ts`. */
writeFileSync(join(import.meta.dirname, '..', 'docs', 'ERRORS.md'), errorsPage());
