import { describeOdoo } from './odoo-suite.ts';

await describeOdoo('Odoo, JSON-2', 'json2');
