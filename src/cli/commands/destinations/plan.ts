import type { Command } from 'commander';
import type { DescribedPlan } from '../../../app/destination-desk.ts';
import type { CliDeps, JsonOption } from '../../deps.ts';

type PlanOptions = JsonOption & { readonly phone?: string };

function confirmedBy({ confirmation }: DescribedPlan): string {
  if (confirmation === null) return '';
  return confirmation.destination === null ? 'a person' : `${confirmation.channel} through ${confirmation.destination}`;
}

export async function runDestinationsPlan(intent: string | undefined, options: PlanOptions, deps: CliDeps): Promise<void> {
  // Loaded when it is asked for: every adapter comes with it.
  const { describePlans } = await import('../../../app/destination-desk.ts');
  const plans = await describePlans(deps.config(), intent ?? null, options.phone ?? null);
  if (options.json === true) return deps.output.json(plans);
  deps.output.table(
    ['intent', 'step', 'role', 'kind', 'destination', ...(options.phone === undefined ? [] : ['a promise is kept by'])],
    plans.flatMap((plan) =>
      plan.steps.map(({ name, role, kind, destination }) => [
        plan.intent,
        name,
        role,
        kind,
        destination,
        ...(options.phone === undefined ? [] : [role === 'pivot' ? confirmedBy(plan) : '']),
      ]),
    ),
  );
  const times = plans.find(({ freeSlots }) => freeSlots !== null)?.freeSlots;
  if (times !== undefined && times !== null)
    deps.output.note(`Free times are asked of ${times.destination}${times.problem === null ? '.' : `; ${times.problem}.`}`);
  return undefined;
}

export function registerDestinationsPlan(destinations: Command, deps: CliDeps): void {
  destinations
    .command('plan [intent]')
    .description('what a booking, reschedule, cancel or message does, step by step')
    .option('--phone <number>', 'whose promise it would be (E.164)')
    .option('--json', 'print JSON')
    .action((intent: string | undefined, options: PlanOptions) => runDestinationsPlan(intent, options, deps));
}
