import { describeOdoo } from './odoo-suite.ts';

await describeOdoo('Odoo, JSON-RPC', 'jsonrpc');
