import type { Command } from 'commander';
import type { CliDeps, JsonOption } from '../../deps.ts';
import { formatInstant } from '../../output.ts';

export function runMessagesList(options: JsonOption, deps: CliDeps): void {
  const messages = deps.ledgerIfThere()?.messages() ?? [];
  if (options.json === true) return deps.output.json(messages);
  const { timeZone } = deps.config().profile;
  deps.output.table(
    ['received', 'from', 'number', 'urgent', 'text'],
    messages.map((one) => [
      formatInstant(one.receivedAtEpochMs, timeZone),
      one.name ?? '-',
      one.phone ?? '-',
      one.urgent ? 'yes' : '',
      one.text,
    ]),
  );
  if (messages.length === 0) deps.output.note('No messages.');
  return undefined;
}

export function registerMessagesList(messages: Command, deps: CliDeps): void {
  messages
    .command('list')
    .description('messages that callers left')
    .option('--json', 'print JSON')
    .action((options: JsonOption) => runMessagesList(options, deps));
}
